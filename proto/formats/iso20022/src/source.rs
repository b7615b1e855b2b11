//! What is read, counted: lines for messages, bytes against a cap for the whole and for each piece.

use std::io::{self, BufRead, Read};

/// How much of a stranger's file is read before it is refused.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of the whole file.
    pub bytes: u64,
    /// Elements inside each other.
    pub depth: usize,
    /// Records handed out.
    pub records: u64,
}

impl Default for Limits {
    /// A statement of 100,000 bookings has some 120 MB.
    fn default() -> Self {
        Self { bytes: 512 << 20, depth: 32, records: 2_000_000 }
    }
}

/// One tag, text or comment: the longest text of the schema has 1,025 characters.
const PIECE_BYTES_MAX: u64 = 64 << 10;

pub(crate) struct Source<R> {
    inner: R,
    line: u64,
    file_left: u64,
    piece_left: u64,
    /// Why reading ended, in words for a person.
    pub(crate) over: Option<&'static str>,
}

impl<R: BufRead> Source<R> {
    pub(crate) fn new(inner: R, bytes_max: u64) -> Self {
        Self { inner, line: 1, file_left: bytes_max, piece_left: PIECE_BYTES_MAX, over: None }
    }

    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    pub(crate) fn next_piece(&mut self) {
        self.piece_left = PIECE_BYTES_MAX;
    }
}

impl<R: BufRead> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let taken = available.len().min(into.len());
        into[..taken].copy_from_slice(&available[..taken]);
        self.consume(taken);
        Ok(taken)
    }
}

impl<R: BufRead> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let left = self.file_left.min(self.piece_left);
        let available = self.inner.fill_buf()?;
        if left == 0 && !available.is_empty() {
            let over = if self.file_left == 0 { "the file is too long" } else { "a tag or text is too long" };
            self.over = Some(over);
            return Err(io::Error::other(over));
        }
        let shown = usize::try_from(left).map_or(available.len(), |left| available.len().min(left));
        Ok(&available[..shown])
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed was shown before, so it is still in the buffer.
        if let Ok(available) = self.inner.fill_buf() {
            let lines =
                available[..amount.min(available.len())].iter().filter(|byte| **byte == b'\n').count();
            self.line += lines as u64;
        }
        self.file_left -= (amount as u64).min(self.file_left);
        self.piece_left -= (amount as u64).min(self.piece_left);
        self.inner.consume(amount);
    }
}

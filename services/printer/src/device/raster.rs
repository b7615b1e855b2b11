//! Dots become `GS v 0` strips: white rows are fed, white at the right edge is not sent, and no row holds a byte pair
//! that the printer would obey as a real-time command.

use crate::domain::bitmap::Bitmap;

/// `DLE EOT`, `DLE ENQ`, `DLE DC4` act at once anywhere in the stream, inside a picture too.
pub fn is_real_time(first: u8, second: u8) -> bool {
    first == 0x10 && matches!(second, 0x04 | 0x05 | 0x14)
}

/// Feeds that are not yet sent, so that neighbours become one command.
#[derive(Debug, Default)]
pub struct Strips {
    white_rows: usize,
    /// Dots of paper so far.
    pub dots: usize,
}

impl Strips {
    pub fn feed(&mut self, rows: usize) {
        self.white_rows += rows;
        self.dots += rows;
    }

    /// `ESC J n` for what was fed; n counts dots because `GS P` said so.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        while self.white_rows > 0 {
            let rows = self.white_rows.min(255);
            out.extend([0x1b, 0x4a, rows as u8]);
            self.white_rows -= rows;
        }
    }

    /// A picture in strips of at most `strip_height` rows.
    pub fn draw(&mut self, out: &mut Vec<u8>, dots: &Bitmap, strip_height: usize) {
        let row_bytes = dots.used_row_bytes();
        let mut y = 0;
        while y < dots.height {
            if dots.is_blank_row(y) {
                self.feed(1);
                y += 1;
                continue;
            }
            self.flush(out);
            let rows = (y..dots.height).take(strip_height).take_while(|row| !dots.is_blank_row(*row)).count();
            let size = |n: usize| (n as u16).to_le_bytes();
            out.extend([0x1d, 0x76, 0x30, 0]);
            out.extend(size(row_bytes));
            out.extend(size(rows));
            for row in y..y + rows {
                push_row(out, &dots.row(row)[..row_bytes]);
            }
            self.dots += rows;
            y += rows;
        }
    }
}

/// One dot too many, where the row would say a real-time command.
pub fn push_row(out: &mut Vec<u8>, row: &[u8]) {
    for byte in row {
        if out.last().is_some_and(|last| is_real_time(*last, *byte)) {
            let last = out.len() - 1;
            out[last] |= 0x01;
        }
        out.push(*byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn strips(dots: &Bitmap, height: usize) -> Vec<u8> {
        let (mut strips, mut out) = (Strips::default(), Vec::new());
        strips.draw(&mut out, dots, height);
        strips.flush(&mut out);
        assert_eq!(strips.dots, dots.height);
        out
    }

    #[test]
    fn white_rows_are_fed_and_white_columns_are_not_sent() {
        let mut dots = Bitmap::blank(576, 6);
        dots.burn(0, 1);
        dots.burn(9, 2);
        dots.burn(1, 4);
        let expected = [
            &[0x1b, 0x4a, 1][..],
            &[0x1d, 0x76, 0x30, 0, 2, 0, 2, 0, 0x80, 0, 0, 0x40],
            &[0x1b, 0x4a, 1],
            &[0x1d, 0x76, 0x30, 0, 2, 0, 1, 0, 0x40, 0],
            &[0x1b, 0x4a, 1],
        ];
        assert_eq!(strips(&dots, 24), expected.concat());
    }

    #[test]
    fn a_long_picture_is_cut_into_strips() {
        let mut dots = Bitmap::blank(8, 50);
        (0..50).for_each(|y| dots.burn(0, y));
        let out = strips(&dots, 24);
        assert_eq!(out.windows(4).filter(|four| *four == [0x1d, 0x76, 0x30, 0]).count(), 3);
    }

    proptest! {
        #[test]
        fn no_picture_says_a_real_time_command(bytes in proptest::collection::vec(
            prop_oneof![Just(0x10u8), Just(0x04u8), Just(0x05u8), Just(0x14u8), any::<u8>()], 60)
        ) {
            let mut dots = Bitmap::blank(48, 10);
            for (n, byte) in bytes.iter().enumerate() {
                (0..8).filter(|bit| byte & (0x80 >> bit) != 0).for_each(|bit| dots.burn(n % 6 * 8 + bit, n / 6));
            }
            let out = strips(&dots, 24);
            prop_assert!(!out.windows(2).any(|pair| is_real_time(pair[0], pair[1])));
        }
    }
}

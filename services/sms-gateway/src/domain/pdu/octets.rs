//! A reader that never goes past the end.

use super::PduError;

pub struct Octets<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Octets<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub fn take(&mut self, count: usize) -> Result<&'a [u8], PduError> {
        let end = self.at + count;
        let Some(slice) = self.bytes.get(self.at..end) else {
            return Err(PduError::Truncated { offset: self.at, needed: end - self.bytes.len() });
        };
        self.at = end;
        Ok(slice)
    }

    pub fn u8(&mut self) -> Result<u8, PduError> {
        Ok(self.take(1)?[0])
    }
}

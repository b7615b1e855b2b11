//! The shop's logo in the printer's own memory: which key it has there, and the commands that store and print it.

use sha2::{Digest as _, Sha256};

use super::raster::{is_real_time, push_row};
use crate::domain::bitmap::Bitmap;

/// Key codes are two digits: Epson takes 32 to 126, but not every maker does.
const KEYS: u8 = 100;

/// Over the dots, so that the same picture is known again.
pub fn sha256(logo: &Bitmap) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update((logo.width as u64).to_le_bytes());
    (0..logo.height).for_each(|y| hash.update(logo.row(y)));
    hash.finalize().into()
}

/// A key that no other picture in this printer has; `None` if all are taken.
pub fn free_key(sha256: &[u8; 32], taken: &[[u8; 2]]) -> Option<[u8; 2]> {
    let key = |n: u8| [b'0' + n / 10, b'0' + n % 10];
    (0..KEYS).map(|n| key((sha256[0] % KEYS + n) % KEYS)).find(|key| !taken.contains(key))
}

/// `GS ( L` fn 67: store under this key. `None` if the printer would obey a part of it at once, or if it is too large.
pub fn store(logo: &Bitmap, key: [u8; 2]) -> Option<Vec<u8>> {
    let word = |n: usize| u16::try_from(n).ok().map(u16::to_le_bytes);
    let mut bytes = vec![0x1d, 0x28, 0x4c];
    bytes.extend(word(11 + logo.row_bytes() * logo.height)?);
    bytes.extend([48, 67, 48, key[0], key[1], 1]);
    bytes.extend(word(logo.width)?);
    bytes.extend(word(logo.height)?);
    bytes.push(49);
    (0..logo.height).for_each(|y| push_row(&mut bytes, logo.row(y)));
    let obeyed = bytes.windows(2).any(|pair| is_real_time(pair[0], pair[1]));
    (!obeyed).then_some(bytes)
}

/// `GS ( L` fn 69: print it once as wide and once as high as it is.
pub fn print(key: [u8; 2]) -> [u8; 11] {
    [0x1d, 0x28, 0x4c, 6, 0, 48, 69, key[0], key[1], 1, 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logo_is_stored_row_by_row_under_a_key_that_nobody_has() {
        let mut logo = Bitmap::blank(12, 2);
        logo.burn(0, 0);
        logo.burn(11, 1);
        let bytes = store(&logo, *b"42").unwrap();
        let expected =
            [0x1d, 0x28, 0x4c, 15, 0, 48, 67, 48, b'4', b'2', 1, 12, 0, 2, 0, 49, 0x80, 0, 0, 0x10];
        assert_eq!(bytes, expected);
        assert_eq!(print(*b"42")[5..], [48, 69, b'4', b'2', 1, 1]);
        let mut hash = [0; 32];
        hash[0] = 199;
        assert_eq!(free_key(&hash, &[]), Some(*b"99"));
        assert_eq!(free_key(&hash, &[*b"99", *b"00"]), Some(*b"01"));
        let all: Vec<[u8; 2]> = (0..100).map(|n| [b'0' + n / 10, b'0' + n % 10]).collect();
        assert_eq!(free_key(&hash, &all), None);
    }

    #[test]
    fn dots_that_say_a_real_time_command_get_one_more() {
        let mut logo = Bitmap::blank(16, 1);
        [3, 13].into_iter().for_each(|x| logo.burn(x, 0));
        let bytes = store(&logo, *b"42").unwrap();
        assert_eq!(bytes[bytes.len() - 2..], [0x11, 0x04], "10 04 would be DLE EOT");
    }

    #[test]
    fn another_picture_has_another_hash() {
        let (mut one, mut other) = (Bitmap::blank(8, 1), Bitmap::blank(8, 1));
        one.burn(1, 0);
        other.burn(2, 0);
        assert_ne!(sha256(&one), sha256(&other));
        assert_ne!(sha256(&one), sha256(&Bitmap::blank(7, 1)));
    }
}

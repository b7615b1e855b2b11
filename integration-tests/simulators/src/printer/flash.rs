//! NV graphics (GS ( L fn 64 to 69): pictures that outlive the power. The number of writes is reported: flash wears.

use std::collections::BTreeMap;

use super::bitmap::Bitmap;

/// Bytes of dots that it has room for, with 24 of administration for each picture, as a TM-T81.
const CAPACITY: usize = 256 << 10;
const OVERHEAD: usize = 24;
/// Keys of one block of the list.
const BLOCK_KEYS: usize = 40;

#[derive(Default)]
pub struct Flash {
    pictures: BTreeMap<[u8; 2], Bitmap>,
    pub writes: u32,
    /// Keys that wait for the host's ACK.
    unsent: Vec<[u8; 2]>,
}

impl Flash {
    /// False where there is no room: the printer ignores it then and says nothing.
    pub fn store(&mut self, key: [u8; 2], width: usize, height: usize, data: &[u8]) -> bool {
        let size = |picture: &Bitmap| picture.width.div_ceil(8) * picture.height + OVERHEAD;
        let others = self.pictures.iter().filter(|(other, _)| **other != key);
        let used: usize = others.map(|(_, picture)| size(picture)).sum();
        if used + data.len() + OVERHEAD > CAPACITY {
            return false;
        }
        self.pictures.insert(key, Bitmap::from_rows(width.div_ceil(8), width, height, data));
        self.writes += 1;
        true
    }

    pub fn delete(&mut self, key: [u8; 2]) {
        self.pictures.remove(&key);
    }

    pub fn picture(&self, key: [u8; 2]) -> Option<&Bitmap> {
        self.pictures.get(&key)
    }

    /// The first block of the list.
    pub fn list(&mut self) -> Vec<u8> {
        self.unsent = self.pictures.keys().copied().collect();
        self.next_block()
    }

    /// The block that an ACK asks for, if one is left.
    pub fn acknowledged(&mut self) -> Option<Vec<u8>> {
        (!self.unsent.is_empty()).then(|| self.next_block())
    }

    fn next_block(&mut self) -> Vec<u8> {
        let keys: Vec<[u8; 2]> = self.unsent.drain(..self.unsent.len().min(BLOCK_KEYS)).collect();
        let status = if self.unsent.is_empty() { 0x40 } else { 0x41 };
        [&[0x37, 0x72, status][..], keys.as_flattened(), &[0]].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_comes_in_blocks_and_a_full_memory_keeps_nothing_more() {
        let mut flash = Flash::default();
        assert_eq!(flash.list(), [0x37, 0x72, 0x40, 0]);
        for n in 0..41u8 {
            assert!(flash.store([b'0' + n / 10, b'0' + n % 10], 8, 1, &[0x80]));
        }
        let first = flash.list();
        assert_eq!((first[2], first.len()), (0x41, 84));
        assert_eq!(flash.acknowledged(), Some(vec![0x37, 0x72, 0x40, b'4', b'0', 0]));
        assert_eq!(flash.acknowledged(), None);
        assert!(!flash.store(*b"zz", 8_000, 270, &vec![0; 270_000]));
        assert_eq!(flash.writes, 41);
    }
}

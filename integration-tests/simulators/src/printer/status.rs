//! What the printer's sensors say, in the three encodings of the wire (Epson: GS a, DLE EOT, GS r).

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sensors {
    pub paper_out: bool,
    pub paper_near_end: bool,
    pub cover_open: bool,
    pub offline: bool,
}

impl Sensors {
    /// Nothing can be printed now.
    pub fn is_blocked(self) -> bool {
        self.paper_out || self.cover_open || self.offline
    }

    /// The near-end sensor lies before the end sensor: an empty roll trips both.
    fn near_end(self) -> bool {
        self.paper_near_end || self.paper_out
    }

    /// GS a. Bit 4 of byte 1 is always set; bit 2 is the drawer pin, high with no drawer attached.
    pub fn automatic(self) -> [u8; 4] {
        let mut status = [0x14, 0x00, 0x00, 0x00];
        status[0] |= bits(self.is_blocked(), 0x08) | bits(self.cover_open, 0x20);
        status[2] |= bits(self.near_end(), 0x03) | bits(self.paper_out, 0x0c);
        status
    }

    /// GS a n reports when a selected group of items has changed.
    pub fn differs_in(self, other: Self, selection: u8) -> bool {
        let group = |bit: u8, differs: bool| selection & bit != 0 && differs;
        group(0x02, self.is_blocked() != other.is_blocked() || self.cover_open != other.cover_open)
            || group(0x08, self.near_end() != other.near_end() || self.paper_out != other.paper_out)
    }

    /// DLE EOT n. Bits 1 and 4 are always set.
    pub fn real_time(self, n: u8) -> Option<u8> {
        let status = match n {
            1 => 0x04 | bits(self.is_blocked(), 0x08),
            2 => bits(self.cover_open, 0x04) | bits(self.paper_out, 0x20),
            3 => 0,
            4 => bits(self.near_end(), 0x0c) | bits(self.paper_out, 0x60),
            _ => return None,
        };
        Some(0x12 | status)
    }

    /// GS r n: paper (1) or drawer (2).
    pub fn transmitted(self, n: u8) -> Option<u8> {
        match n {
            1 | 49 => Some(bits(self.near_end(), 0x03) | bits(self.paper_out, 0x0c)),
            2 | 50 => Some(0x01),
            _ => None,
        }
    }
}

fn bits(on: bool, mask: u8) -> u8 {
    if on { mask } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_bytes_are_those_of_a_real_printer() {
        let fine = Sensors::default();
        assert_eq!(fine.automatic(), [0x14, 0, 0, 0]);
        assert_eq!((1..=4).filter_map(|n| fine.real_time(n)).collect::<Vec<_>>(), [0x16, 0x12, 0x12, 0x12]);

        let near_end = Sensors { paper_near_end: true, ..fine };
        assert_eq!(near_end.automatic(), [0x14, 0, 0x03, 0]);
        assert!(!near_end.is_blocked());

        let out = Sensors { paper_out: true, ..fine };
        assert_eq!(out.automatic(), [0x1c, 0, 0x0f, 0]);
        assert_eq!(out.real_time(4), Some(0x7e));

        let open_too = Sensors { cover_open: true, ..out };
        assert_eq!(open_too.automatic(), [0x3c, 0, 0x0f, 0]);
    }

    #[test]
    fn only_the_selected_items_are_reported() {
        let near_end = Sensors { paper_near_end: true, ..Sensors::default() };
        assert!(near_end.differs_in(Sensors::default(), 0x08));
        assert!(!near_end.differs_in(Sensors::default(), 0x02));
    }
}

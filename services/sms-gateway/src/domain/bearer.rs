//! What carries SMS: circuit or packet service (27.007 §10.1.21, `AT+CGSMS`). On LTE one of them may be dead: a modem that is
//! registered and refuses everything is told to use another one.

/// Refused or unanswered submissions in a row before another bearer is tried.
const MISSES_MAX: u32 = 2;
/// Circuit preferred first: what fell back to 2G and 3G always; then packet (IMS, SGs) preferred, then each alone.
const LADDER: [Bearer; 4] =
    [Bearer::CircuitPreferred, Bearer::PacketPreferred, Bearer::Circuit, Bearer::Packet];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer {
    Packet,
    Circuit,
    PacketPreferred,
    CircuitPreferred,
}

impl Bearer {
    pub fn of(service: u8) -> Option<Self> {
        [Self::Packet, Self::Circuit, Self::PacketPreferred, Self::CircuitPreferred]
            .get(usize::from(service))
            .copied()
    }

    pub fn service(self) -> u8 {
        match self {
            Self::Packet => 0,
            Self::Circuit => 1,
            Self::PacketPreferred => 2,
            Self::CircuitPreferred => 3,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Packet => "PACKET",
            Self::Circuit => "CIRCUIT",
            Self::PacketPreferred => "PACKET_PREFERRED",
            Self::CircuitPreferred => "CIRCUIT_PREFERRED",
        }
    }
}

/// Each bearer gets one turn until something goes out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bearers {
    pub current: Option<Bearer>,
    /// Not tried yet.
    left: Vec<Bearer>,
    misses: u32,
    /// Nothing went out since another one was chosen: a message has few tries, and each bearer costs one.
    searching: bool,
}

impl Bearers {
    /// `offered`: values of `AT+CGSMS=?`.
    pub fn new(current: Option<Bearer>, offered: &[u8]) -> Self {
        let other = |bearer: &Bearer| Some(*bearer) != current && offered.contains(&bearer.service());
        Self { current, left: LADDER.into_iter().filter(other).collect(), misses: 0, searching: false }
    }

    pub fn went_out(&mut self) {
        self.misses = 0;
        self.searching = false;
    }

    /// The bearer to change to, when it is time.
    pub fn missed(&mut self) -> Option<Bearer> {
        self.misses += 1;
        let enough = if self.searching { 1 } else { MISSES_MAX };
        if self.misses < enough || self.left.is_empty() {
            return None;
        }
        self.misses = 0;
        self.searching = true;
        Some(self.left.remove(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_two_misses_in_a_row_each_other_bearer_gets_one_turn() {
        let mut bearers = Bearers::new(Some(Bearer::Circuit), &[0, 1, 2, 3]);
        assert_eq!(bearers.missed(), None);
        bearers.went_out();
        assert_eq!(bearers.missed(), None);
        let turns: Vec<_> = (0..8).filter_map(|_| bearers.missed()).collect();
        assert_eq!(turns, [Bearer::CircuitPreferred, Bearer::PacketPreferred, Bearer::Packet]);
    }

    #[test]
    fn a_message_of_four_tries_meets_three_bearers() {
        let mut bearers = Bearers::new(Some(Bearer::Circuit), &[0, 1, 2, 3]);
        let turns: Vec<_> = (0..3).map(|_| bearers.missed()).collect();
        assert_eq!(turns, [None, Some(Bearer::CircuitPreferred), Some(Bearer::PacketPreferred)]);
        bearers.went_out();
        assert_eq!(bearers.missed(), None, "the one that works may miss once");
    }

    #[test]
    fn only_what_the_modem_offers_is_tried() {
        let mut bearers = Bearers::new(Some(Bearer::Circuit), &[1, 2]);
        let turns: Vec<_> = (0..8).filter_map(|_| bearers.missed()).collect();
        assert_eq!(turns, [Bearer::PacketPreferred]);
        assert_eq!((0..8).filter_map(|_| Bearers::default().missed()).count(), 0);
    }
}

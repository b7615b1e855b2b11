//! The SIM: its PIN and its places for messages.

/// Wrong PINs until the PUK is wanted.
const PIN_ATTEMPTS: u8 = 3;

pub struct Sim {
    slots: Vec<Option<Stored>>,
    pin: Option<String>,
    unlocked: bool,
    pub attempts_left: u8,
}

/// A message in a place.
pub struct Stored {
    /// Service centre and TPDU.
    pub pdu: Vec<u8>,
    pub read: bool,
}

impl Stored {
    pub fn tpdu_octets(&self) -> usize {
        tpdu_octets(&self.pdu)
    }
}

/// <length> of 27.005: without the service centre in front.
pub fn tpdu_octets(pdu: &[u8]) -> usize {
    let centre = pdu.first().map_or(0, |octets| 1 + usize::from(*octets));
    pdu.len().saturating_sub(centre)
}

impl Sim {
    pub fn new(slots: usize) -> Self {
        let slots = std::iter::repeat_with(|| None).take(slots).collect();
        Self { slots, pin: None, unlocked: true, attempts_left: PIN_ATTEMPTS }
    }

    /// Power was away: the PIN is wanted again. Attempts survive that.
    pub fn lock(&mut self, pin: Option<String>) {
        if pin != self.pin {
            self.attempts_left = PIN_ATTEMPTS;
        }
        self.unlocked = pin.is_none();
        self.pin = pin;
    }

    pub fn locked(&self) -> bool {
        !self.unlocked
    }

    pub fn blocked(&self) -> bool {
        self.locked() && self.attempts_left == 0
    }

    /// The <code> of +CPIN.
    pub fn state(&self) -> &'static str {
        match (self.locked(), self.attempts_left) {
            (false, _) => "READY",
            (true, 0) => "SIM PUK",
            (true, _) => "SIM PIN",
        }
    }

    /// Whether the PIN was right.
    pub fn unlock(&mut self, pin: &str) -> bool {
        if self.attempts_left == 0 {
            return false;
        }
        self.unlocked = self.pin.as_deref() == Some(pin);
        self.attempts_left = if self.unlocked { PIN_ATTEMPTS } else { self.attempts_left - 1 };
        self.unlocked
    }

    /// The index (from 1) where it is now, or `None` when the SIM is full.
    pub fn store(&mut self, pdu: Vec<u8>) -> Option<usize> {
        let at = self.slots.iter().position(Option::is_none)?;
        self.slots[at] = Some(Stored { pdu, read: false });
        Some(at + 1)
    }

    pub fn total(&self) -> usize {
        self.slots.len()
    }

    pub fn used(&self) -> usize {
        self.slots.iter().flatten().count()
    }

    pub fn is_place(&self, index: usize) -> bool {
        (1..=self.slots.len()).contains(&index)
    }

    pub fn message(&mut self, index: usize) -> Option<&mut Stored> {
        self.slots.get_mut(index.checked_sub(1)?)?.as_mut()
    }

    /// Messages with their indexes.
    pub fn messages(&mut self) -> impl Iterator<Item = (usize, &mut Stored)> {
        self.slots
            .iter_mut()
            .enumerate()
            .filter_map(|(at, slot)| slot.as_mut().map(|stored| (at + 1, stored)))
    }

    /// Empties the places that `wanted` accepts; gives their indexes.
    pub fn delete(&mut self, wanted: impl Fn(usize, &Stored) -> bool) -> Vec<usize> {
        let mut deleted = Vec::new();
        for (at, slot) in self.slots.iter_mut().enumerate() {
            if slot.take_if(|stored| wanted(at + 1, stored)).is_some() {
                deleted.push(at + 1);
            }
        }
        deleted
    }
}

//! Which SIM a modem was accepted with, and the PINs that were tried.

use super::{PINS_TRIED, Result, SIMS, Store};
use redb::{ReadableDatabase, ReadableTable};

/// What a modem says of itself; empty = it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sim {
    pub imei: String,
    pub iccid: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimCheck {
    /// The known one, or the first one.
    Accepted,
    /// Another SIM or another modem than before: its messages would come from another number.
    Swapped,
}

/// What a PIN's try is remembered by: SHA-256 each. A SIM without a name may be any of those that have one.
#[derive(Debug, Clone, Copy)]
pub struct PinTry {
    /// Of the ICCID and the PIN; `None`: the modem cannot read the ICCID.
    pub named: Option<[u8; 32]>,
    /// Of the PIN on a SIM without an ICCID.
    pub nameless: [u8; 32],
    /// Of the PIN on any SIM.
    pub anywhere: [u8; 32],
}

impl Store {
    /// The first SIM of a modem is accepted and remembered.
    pub fn check_sim(&self, modem: &str, seen: &Sim) -> Result<SimCheck> {
        let known = self.sim_of(modem)?;
        let differs = |seen: &str, known: &str| !seen.is_empty() && !known.is_empty() && seen != known;
        if differs(&seen.iccid, &known.iccid) || differs(&seen.imei, &known.imei) {
            return Ok(SimCheck::Swapped);
        }
        let merge =
            |seen: &str, known: &str| if seen.is_empty() { known.to_owned() } else { seen.to_owned() };
        let now = Sim { imei: merge(&seen.imei, &known.imei), iccid: merge(&seen.iccid, &known.iccid) };
        if now != known {
            self.accept_sim(modem, &now)?;
        }
        Ok(SimCheck::Accepted)
    }

    /// A person says that this SIM is the right one from now on.
    pub fn accept_sim(&self, modem: &str, sim: &Sim) -> Result<()> {
        let (modem, sim) = (modem.to_owned(), sim.clone());
        self.write(move |txn| {
            let value = (sim.imei.as_str(), sim.iccid.as_str());
            txn.open_table(SIMS)?.insert(modem.as_str(), value)?;
            Ok(())
        })
    }

    fn sim_of(&self, modem: &str) -> Result<Sim> {
        let txn = self.db.begin_read()?;
        let sims = txn.open_table(SIMS)?;
        let known = sims.get(modem)?;
        Ok(known.map_or_else(Sim::default, |known| {
            let (imei, iccid) = known.value();
            Sim { imei: imei.to_owned(), iccid: iccid.to_owned() }
        }))
    }

    /// The SIM took the PIN: its tries are whole again, so the next power cycle may give it once more.
    pub fn pin_was_right(&self, attempt: &PinTry) -> Result<()> {
        let PinTry { named, nameless, anywhere } = *attempt;
        self.write(move |txn| {
            let mut tried = txn.open_table(PINS_TRIED)?;
            tried.remove(named.unwrap_or(nameless).as_slice())?;
            // Another SIM with a name may have refused it.
            if named.is_none() {
                tried.remove(anywhere.as_slice())?;
            }
            Ok(())
        })
    }

    /// True unless this PIN was refused by this SIM, or nobody knows whether it was: a PIN that is not taken gets one try per
    /// SIM, ever, or the SIM locks itself.
    pub fn may_try_pin(&self, attempt: &PinTry) -> Result<bool> {
        let PinTry { named, nameless, anywhere } = *attempt;
        self.write(move |txn| {
            let mut tried = txn.open_table(PINS_TRIED)?;
            let (sim, forbidden) = match named {
                Some(named) => (named, [named, nameless]),
                None => (nameless, [anywhere, nameless]),
            };
            for hash in forbidden {
                if tried.get(hash.as_slice())?.is_some() {
                    return Ok(false);
                }
            }
            tried.insert(sim.as_slice(), ())?;
            tried.insert(anywhere.as_slice(), ())?;
            Ok(true)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::PinTry;
    use crate::store::tests::Desk;

    #[test]
    fn a_sim_that_does_not_say_its_name_may_be_any_other() {
        let attempt = |sim: Option<u8>| PinTry {
            named: sim.map(|sim| [sim; 32]),
            nameless: [2; 32],
            anywhere: [3; 32],
        };
        let tries = |sims: &[Option<u8>]| -> Vec<bool> {
            let desk = Desk::new();
            sims.iter().map(|sim| desk.store().may_try_pin(&attempt(*sim)).unwrap()).collect()
        };
        assert_eq!(tries(&[Some(10), Some(11), Some(10)]), [true, true, false]);
        assert_eq!(tries(&[Some(10), None, Some(11)]), [true, false, true]);
        assert_eq!(tries(&[None, None, Some(10)]), [true, false, false]);
    }

    #[test]
    fn a_pin_that_was_taken_may_be_given_again_and_an_unanswered_one_not() {
        let desk = Desk::new();
        let right = PinTry { named: Some([1; 32]), nameless: [2; 32], anywhere: [3; 32] };
        for _power_cycle in 0..3 {
            assert!(desk.store().may_try_pin(&right).unwrap());
            desk.store().pin_was_right(&right).unwrap();
        }
        assert!(desk.store().may_try_pin(&right).unwrap());
        assert!(!desk.store().may_try_pin(&right).unwrap(), "its answer never came");
    }
}

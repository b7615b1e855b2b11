//! A sale's evidence after its seal: who holds it, what became of it, what is told of it.

use thiserror::Error;

use super::ids::SaleId;
use super::retention::{Facts, Us};

/// Holds of one sale; more is a caller that never releases.
pub const HOLDS_MAX: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldKind {
    Dispute,
    Enquiry,
    Person,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Chosen by the caller: the dispute's id, for example.
    pub id: String,
    pub kind: HoldKind,
    pub actor: String,
    pub reason: String,
    pub since: Us,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Custody {
    pub facts: Facts,
    pub holds: Vec<Hold>,
    /// When, and by which rule.
    pub film_erased: Option<(Us, String)>,
    pub all_erased: Option<Us>,
}

#[derive(Debug, Error, PartialEq, Eq)]
pub enum CustodyRefused {
    #[error("a hold with this id exists with another kind")]
    OtherHold,
    #[error("this sale has {HOLDS_MAX} holds already; release some first")]
    TooManyHolds,
    #[error("the evidence is held; release its holds first")]
    Held,
    #[error(
        "the retention profile still needs the film; it may go once the payer has been told, or at its term"
    )]
    StillNeeded,
    #[error("the film was erased at the end of its term")]
    FilmErased,
}

impl Custody {
    /// What is told replaces what was told before; what is not told changes nothing.
    pub fn note(&mut self, told: Facts, still_owed: bool) {
        if still_owed {
            self.facts.concluded = None;
        }
        let Facts { verified, notice_delivered, concluded } = told;
        for (own, told) in [
            (&mut self.facts.verified, verified),
            (&mut self.facts.notice_delivered, notice_delivered),
            (&mut self.facts.concluded, concluded),
        ] {
            *own = told.or(*own);
        }
    }

    /// `false`: it was held by this hold already.
    pub fn hold(&mut self, hold: Hold) -> Result<bool, CustodyRefused> {
        if self.film_erased.is_some() {
            return Err(CustodyRefused::FilmErased);
        }
        if let Some(known) = self.holds.iter().find(|known| known.id == hold.id) {
            return if known.kind == hold.kind { Ok(false) } else { Err(CustodyRefused::OtherHold) };
        }
        if self.holds.len() == HOLDS_MAX {
            return Err(CustodyRefused::TooManyHolds);
        }
        self.holds.push(hold);
        Ok(true)
    }

    /// The hold that ended; `None`: it had ended before.
    pub fn release(&mut self, id: &str) -> Option<Hold> {
        let at = self.holds.iter().position(|hold| hold.id == id)?;
        Some(self.holds.remove(at))
    }

    pub fn is_held(&self) -> bool {
        !self.holds.is_empty()
    }

    pub fn film_kept(&self) -> bool {
        self.film_erased.is_none()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    FilmErased,
    AllErased,
    ExportedRedacted,
    ExportedWhole,
    Held,
    HoldReleased,
}

/// One line of the evidence's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub sale: SaleId,
    pub kind: EntryKind,
    pub at: Us,
    pub rule: String,
    pub actor: String,
    pub reason: String,
    pub manifest_sha256: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(id: &str, kind: HoldKind) -> Hold {
        Hold { id: id.into(), kind, actor: "wang".into(), reason: String::new(), since: 1 }
    }

    #[test]
    fn a_hold_is_repeated_without_effect_and_released_once() {
        let mut custody = Custody::default();
        assert_eq!(custody.hold(hold("d1", HoldKind::Dispute)), Ok(true));
        assert_eq!(custody.hold(hold("d1", HoldKind::Dispute)), Ok(false));
        assert_eq!(custody.hold(hold("d1", HoldKind::Person)), Err(CustodyRefused::OtherHold));
        assert_eq!(custody.hold(hold("e1", HoldKind::Enquiry)), Ok(true));
        assert!(custody.release("d1").is_some() && custody.release("d1").is_none() && custody.is_held());
        for number in 1..HOLDS_MAX {
            custody.hold(hold(&number.to_string(), HoldKind::Person)).unwrap();
        }
        assert_eq!(custody.hold(hold("more", HoldKind::Person)), Err(CustodyRefused::TooManyHolds));
    }

    #[test]
    fn what_is_told_of_a_sale_adds_up_and_what_is_gone_cannot_be_held() {
        let mut custody = Custody::default();
        custody.note(Facts { verified: Some(5), ..Facts::default() }, false);
        custody.note(Facts { concluded: Some(9), ..Facts::default() }, false);
        custody.note(Facts { verified: Some(6), ..Facts::default() }, false);
        assert_eq!(custody.facts, Facts { verified: Some(6), notice_delivered: None, concluded: Some(9) });
        custody.note(Facts::default(), true);
        assert_eq!(custody.facts.concluded, None, "a bank returned the debit");
        custody.film_erased = Some((7, "x".into()));
        assert_eq!(custody.hold(hold("d1", HoldKind::Dispute)), Err(CustodyRefused::FilmErased));
    }
}

//! A card: its rows are assigned to shops once and for all, so that no two of them ever know the same code.

use std::collections::BTreeSet;

use chit_code_card::{CardSerial, CodeHash, Row, RowBitmap};

use super::Refusal;
use super::holder::Holder;

/// A shop's name has at least one byte.
const NOBODY_YET: &str = "";

/// A row and whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assigned {
    /// Empty after a restore: it may have been assigned since the backup, and whose it is its code will show.
    pub shop: String,
    pub row: Row,
    /// It was answered right.
    pub used: bool,
    /// Keyed hashes of wrong codes that were compared with it.
    pub tried: Vec<CodeHash>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    pub serial: CardSerial,
    /// The issuer's name for it; K_card comes from it and the serial.
    pub holder: [u8; 8],
    pub assigned: Vec<Assigned>,
    pub wrong_since_right: u8,
    /// Rows that those wrong codes were compared with, summed up.
    pub chances_since_right: u8,
    pub locked: bool,
    pub lost: bool,
    /// Who is asked before its rows collect.
    pub asks: Option<Holder>,
}

impl Card {
    pub fn new(serial: CardSerial, holder: [u8; 8]) -> Self {
        Self {
            serial,
            holder,
            assigned: Vec::new(),
            wrong_since_right: 0,
            chances_since_right: 0,
            locked: false,
            lost: false,
            asks: None,
        }
    }

    /// The same phone again changes nothing but the language; another would be asked in the payer's place.
    pub fn hand_to(&mut self, holder: Holder) -> Result<(), Refusal> {
        if self.lost {
            return Err(Refusal::CardLost);
        }
        if self.asks.as_ref().is_some_and(|known| known.phone != holder.phone) {
            return Err(Refusal::HolderHasAnotherPhone);
        }
        self.asks = Some(holder);
        Ok(())
    }

    /// Somebody saw whose it is. What was guessed at stays over; the next nine wrong codes lock it again.
    pub fn reopen(&mut self) -> Result<(), Refusal> {
        if self.lost {
            return Err(Refusal::CardLost);
        }
        if !self.locked {
            return Err(Refusal::CardNotLocked);
        }
        self.locked = false;
        self.wrong_since_right = 0;
        self.chances_since_right = 0;
        Ok(())
    }

    /// The payer has `new` from now on, and is asked at the phone that they were asked at.
    pub fn replace_by(&mut self, new: &mut Self) -> Result<(), Refusal> {
        let fresh = !new.lost && new.asks.is_none() && new.assigned.is_empty();
        if !fresh || new.holder == self.holder {
            return Err(Refusal::CardInUse);
        }
        self.lost = true;
        new.asks.clone_from(&self.asks);
        Ok(())
    }

    /// The next rows in the card's own order, for this shop alone. Fewer than asked for where the card ends.
    pub fn assign(&mut self, shop: &str, order: &[Row], count: u8) -> Result<Vec<Row>, Refusal> {
        if self.lost {
            return Err(Refusal::CardLost);
        }
        let rows = self.take(shop, order, count.into());
        if rows.is_empty() { Err(Refusal::RowsExhausted) } else { Ok(rows) }
    }

    /// After a restore: rows that some shop may have got since the backup go to no other. Each of the shops that have rows, and one
    /// more, may have got them `times`, `rows_a_time` at a time.
    pub fn skip_after_restore(&mut self, order: &[Row], rows_a_time: u8, times: usize) {
        let shops: BTreeSet<&str> = self.assigned.iter().map(|assigned| assigned.shop.as_str()).collect();
        let count = usize::from(rows_a_time).saturating_mul(times).saturating_mul(shops.len() + 1);
        self.take(NOBODY_YET, order, count);
    }

    fn take(&mut self, shop: &str, order: &[Row], count: usize) -> Vec<Row> {
        let mut taken = self
            .assigned
            .iter()
            .fold(RowBitmap::default(), |taken, assigned| taken.with_burned(assigned.row));
        let mut rows = Vec::new();
        while rows.len() < count
            && let Some((row, next)) = taken.assign_row(order)
        {
            taken = next;
            rows.push(row);
        }
        let assigned = |row: &Row| Assigned { shop: shop.into(), row: *row, used: false, tried: Vec::new() };
        self.assigned.extend(rows.iter().map(assigned));
        rows
    }

    pub(super) fn place_of(&self, shop: &str, row: u8) -> Result<usize, Refusal> {
        let is_it = |assigned: &Assigned| {
            assigned.row.get() == row && [shop, NOBODY_YET].contains(&assigned.shop.as_str())
        };
        self.assigned.iter().position(is_it).ok_or(Refusal::RowNotAssigned)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chit_code_card::CardKey;

    use super::super::holder::Language;
    use super::*;

    #[test]
    fn a_card_is_handed_to_one_phone() {
        let mut card = Card::new(CardSerial::new(7).unwrap(), [2; 8]);
        let holder = |phone: &str| Holder { phone: phone.into(), language: Language::English };
        card.hand_to(holder("+8613800005678")).unwrap();
        card.hand_to(holder("+8613800005678")).unwrap();
        assert_eq!(card.hand_to(holder("+8613900009999")), Err(Refusal::HolderHasAnotherPhone));
        assert!(!format!("{card:?}").contains("13800005678"));
        card.lost = true;
        assert_eq!(card.hand_to(holder("+8613800005678")), Err(Refusal::CardLost));
    }

    #[test]
    fn a_locked_card_is_reopened_and_a_lost_one_never() {
        let mut card = Card::new(CardSerial::new(7).unwrap(), [2; 8]);
        assert_eq!(card.reopen(), Err(Refusal::CardNotLocked));
        (card.locked, card.wrong_since_right, card.chances_since_right) = (true, 12, 14);
        card.reopen().unwrap();
        assert_eq!((card.locked, card.wrong_since_right, card.chances_since_right), (false, 0, 0));
        (card.locked, card.lost) = (true, true);
        assert_eq!(card.reopen(), Err(Refusal::CardLost));
    }

    #[test]
    fn another_card_ends_the_old_one_and_keeps_the_phone() {
        let card = |holder| Card::new(CardSerial::new(7).unwrap(), [holder; 8]);
        let holder = Holder { phone: "+8613800005678".into(), language: Language::English };
        let (mut old, mut new) = (card(2), card(3));
        old.hand_to(holder.clone()).unwrap();
        old.lost = true;
        old.replace_by(&mut new).unwrap();
        assert_eq!((old.lost, new.asks.as_ref()), (true, Some(&holder)));
        let mut lost = card(4);
        lost.lost = true;
        let mut assigned = card(5);
        assigned.assign("a", &chit_code_card::Row::all().collect::<Vec<_>>(), 1).unwrap();
        for mut used in [new, lost, assigned, card(2)] {
            let mut old = card(2);
            assert_eq!(old.replace_by(&mut used), Err(Refusal::CardInUse));
            assert!(!old.lost, "nothing happened");
        }
    }

    #[test]
    fn no_row_is_ever_assigned_twice() {
        let serial = CardSerial::new(7).unwrap();
        let order = CardKey::derive(&[1; 32], [2; 8], serial).row_order();
        let mut card = Card::new(serial, [2; 8]);
        let mut seen = BTreeSet::new();
        for shop in ["a", "b", "a", "c", "b"] {
            for row in card.assign(shop, &order, 12).unwrap() {
                assert!(seen.insert(row), "{row} of {shop}");
            }
        }
        assert_eq!(seen.len(), 60);
        assert_eq!(card.assign("d", &order, 12), Err(Refusal::RowsExhausted));
        card.lost = true;
        assert_eq!(card.assign("a", &order, 1), Err(Refusal::CardLost));
    }

    #[test]
    fn after_a_restore_no_shop_gets_a_row_that_another_may_have_got_since_the_backup() {
        let serial = CardSerial::new(7).unwrap();
        let order = CardKey::derive(&[1; 32], [2; 8], serial).row_order();
        let mut card = Card::new(serial, [2; 8]);
        card.assign("a", &order, 12).unwrap();
        let mut restored = card.clone();
        let since = ["a", "b"].map(|shop| card.assign(shop, &order, 12).unwrap()).concat();
        restored.skip_after_restore(&order, 12, 1);
        let next = restored.assign("c", &order, 12).unwrap();
        assert!(next.iter().all(|row| !since.contains(row)));
        assert_eq!(next.len(), 12);
        restored.skip_after_restore(&order, 12, usize::MAX);
        assert_eq!(restored.assign("c", &order, 12), Err(Refusal::RowsExhausted));
    }
}

//! A card: its rows are assigned to shops once and for all, so that no two of them ever know the same code.

use chit_code_card::{CardSerial, CodeHash, Row, RowBitmap};

use super::Refusal;
use super::holder::Holder;

/// A row and whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assigned {
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

    /// The next rows in the card's own order, for this shop alone. Fewer than asked for where the card ends.
    pub fn assign(&mut self, shop: &str, order: &[Row], count: u8) -> Result<Vec<Row>, Refusal> {
        if self.lost {
            return Err(Refusal::CardLost);
        }
        let mut taken = self
            .assigned
            .iter()
            .fold(RowBitmap::default(), |taken, assigned| taken.with_burned(assigned.row));
        let mut rows = Vec::new();
        while rows.len() < usize::from(count)
            && let Some((row, next)) = taken.assign_row(order)
        {
            taken = next;
            rows.push(row);
        }
        if rows.is_empty() {
            return Err(Refusal::RowsExhausted);
        }
        let assigned = |row: &Row| Assigned { shop: shop.into(), row: *row, used: false, tried: Vec::new() };
        self.assigned.extend(rows.iter().map(assigned));
        Ok(rows)
    }

    pub(super) fn place_of(&self, shop: &str, row: u8) -> Result<usize, Refusal> {
        let is_it = |assigned: &Assigned| assigned.row.get() == row && assigned.shop == shop;
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
}

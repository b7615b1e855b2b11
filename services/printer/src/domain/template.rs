//! The order of a receipt, block by block: a shop may move and leave out what it likes, and nothing that the payer
//! needs.

use Block::{
    Account, Blank, Footer, Goods, Hashes, ItemCount, Letterhead, Logo, Lookup, NotAnInvoice, Number, Qr,
    Retention, Rule, Sms, State, Total,
};
use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    Logo,
    /// Shop's name and address lines.
    Letterhead,
    /// Receipt number, time, till, cashier, ORIGINAL or COPY.
    Number,
    Goods,
    ItemCount,
    Total,
    /// Last digits of the payer's account.
    Account,
    /// Not charged yet.
    State,
    /// The number that the SMS comes from.
    Sms,
    Qr,
    Lookup,
    Retention,
    NotAnInvoice,
    /// Short hashes of photo and goods.
    Hashes,
    /// The shop's own lines.
    Footer,
    Rule,
    Blank,
}

pub const BUILT_IN: [Block; 21] = [
    Logo,
    Letterhead,
    Blank,
    Number,
    Rule,
    Goods,
    Rule,
    ItemCount,
    Total,
    Rule,
    Account,
    State,
    Sms,
    Blank,
    Qr,
    Lookup,
    Blank,
    Retention,
    NotAnInvoice,
    Hashes,
    Footer,
];

/// What the payer was promised to find.
const NEEDED: [Block; 10] =
    [Letterhead, Number, Goods, Total, State, Sms, Qr, Lookup, Retention, NotAnInvoice];
/// A sum comes below its parts, and "not charged yet" below the sum.
const IN_ORDER: [Block; 4] = [Number, Goods, Total, State];
const LEN_MAX: usize = 60;

/// Says what is wrong with a shop's own order.
pub fn check(blocks: &[Block]) -> Result<(), String> {
    if blocks.len() > LEN_MAX {
        return Err(format!("at most {LEN_MAX} blocks"));
    }
    let at = |block: &Block| blocks.iter().position(|other| other == block);
    if let Some(missing) = NEEDED.iter().find(|block| at(block).is_none()) {
        return Err(format!("the payer needs {missing:?} on the receipt"));
    }
    let spacing = |block: &Block| matches!(block, Rule | Blank);
    let twice = |block: &&Block| blocks.iter().filter(|other| other == block).count() > 1;
    if let Some(twice) = blocks.iter().filter(|block| !spacing(block)).find(twice) {
        return Err(format!("{twice:?} occurs twice"));
    }
    match IN_ORDER.windows(2).find(|pair| at(&pair[0]) > at(&pair[1])) {
        Some(pair) => Err(format!("{:?} comes before {:?}", pair[0], pair[1])),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_may_move_and_leave_out_blocks_but_none_that_the_payer_needs() {
        assert_eq!(check(&BUILT_IN), Ok(()));
        let without = |gone: Block| BUILT_IN.into_iter().filter(|block| *block != gone).collect::<Vec<_>>();
        for optional in [Logo, ItemCount, Account, Hashes, Footer, Rule, Blank] {
            assert_eq!(check(&without(optional)), Ok(()));
        }
        for needed in NEEDED {
            assert!(check(&without(needed)).unwrap_err().contains(&format!("{needed:?}")));
        }
        assert!(check(&[&BUILT_IN[..], &[Qr]].concat()).unwrap_err().contains("twice"));
        let total_first: Vec<Block> = std::iter::once(Total).chain(without(Total)).collect();
        assert!(check(&total_first).unwrap_err().contains("Goods comes before Total"));
        assert!(check(&[&BUILT_IN[..], &[Blank; 40]].concat()).is_err());
    }
}

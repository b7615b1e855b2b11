//! The basket: typed, sent by another POS, or scanned at the till.

use iso_currency::Currency;
use sha2::{Digest as _, Sha256};

use super::basket::{Basket, LineInput};
use super::sale::{Sale, SoldLine};
use super::scan_route::{self, GoodsCode, Gtin, ScanRoute};
use crate::store::Tx;
use crate::values::ids::SaleId;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

const TAG_BYTES: usize = 8;

/// Goods the handheld knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueItem {
    pub gtin: String,
    pub description: String,
    pub unit_price_minor: i64,
}

pub fn set_basket(
    tx: &mut Tx,
    id: SaleId,
    lines: &[LineInput],
    total_minor: i64,
    currency: &str,
    if_tag: &str,
    actor: &str,
) -> Result<Sale> {
    let mut sale = tx.sale(id)?;
    sale.must_be_editable("given other goods")?;
    must_be_tagged(&sale, if_tag)?;
    if currency != sale.currency.code() {
        let remedy = format!("use {}, the shop's currency", sale.currency.code());
        return Err(Refusal::field("total.currency_code", Reason::CURRENCY_UNKNOWN, remedy));
    }
    put_goods(&mut sale, lines, Some(total_minor))?;
    touched(tx, sale, actor)
}

fn touched(tx: &mut Tx, mut sale: Sale, actor: &str) -> Result<Sale> {
    sale.touch(actor, tx.now);
    tx.put_sale(actor, &sale)?;
    Ok(sale)
}

/// Tells one basket from another: a scan may come between somebody's reading of it and their writing.
pub fn tag_of(lines: &[SoldLine]) -> String {
    let mut hash = Sha256::new();
    for line in lines {
        for text in [&line.gtin, &line.description] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        for number in [line.quantity_milli, line.unit_price_minor, line.total_minor] {
            hash.update(number.to_be_bytes());
        }
    }
    hex::encode(&hash.finalize()[..TAG_BYTES])
}

/// The basket is the one that the caller has read; without a tag they take any.
pub fn must_be_tagged(sale: &Sale, if_tag: &str) -> Result<()> {
    if !if_tag.is_empty() && if_tag != tag_of(&sale.lines) {
        let message = "the basket has changed since it was read; read the sale again";
        return Err(Refusal::new(RefusalKind::WrongState, Reason::BASKET_CHANGED, message));
    }
    Ok(())
}

fn put_goods(sale: &mut Sale, lines: &[LineInput], total_minor: Option<i64>) -> Result<()> {
    let basket = Basket::new(sale.currency.code(), lines, total_minor).map_err(|error| {
        let reason = match error.field.as_str() {
            "total_minor" => Reason::TOTAL_MISMATCH,
            "lines" if lines.is_empty() => Reason::BASKET_EMPTY,
            "lines" => Reason::BASKET_TOO_LARGE,
            field if field.ends_with("line_total_minor") && !error.remedy.contains("negative") => {
                Reason::TOTAL_MISMATCH
            }
            _ if error.remedy.contains("negative") => Reason::AMOUNT_NEGATIVE,
            _ => Reason::BASKET_INVALID,
        };
        // The interface calls these fields total.amount_minor and lines[i].total_minor.
        let field = match error.field.as_str() {
            "total_minor" => "total.amount_minor".to_owned(),
            other => other.replace("line_total_minor", "total_minor"),
        };
        Refusal::field(field, reason, error.remedy)
    })?;
    sale.lines = basket
        .lines()
        .iter()
        .map(|line| SoldLine {
            gtin: line.gtin.map(|gtin| gtin.to_string()).unwrap_or_default(),
            description: line.description.clone(),
            quantity_milli: line.quantity_milli,
            unit_price_minor: line.unit_price_minor,
            total_minor: line.line_total_minor,
        })
        .collect();
    sale.total_minor = basket.total().minor;
    Ok(())
}

/// The goods of the catalogue with one of these codes, the likeliest first.
pub fn find_first<'a>(catalogue: &'a [CatalogueItem], codes: &[GoodsCode]) -> Result<&'a CatalogueItem> {
    let found = codes.iter().find_map(|code| find_in(catalogue, &code.to_string()).ok());
    found.ok_or_else(unknown)
}

/// The goods of the catalogue with this code.
pub fn find_in<'a>(catalogue: &'a [CatalogueItem], code: &str) -> Result<&'a CatalogueItem> {
    let same = |gtin: &str| match (Gtin::parse(gtin), Gtin::parse(code)) {
        (Some(left), Some(right)) => left == right,
        _ => gtin == code,
    };
    catalogue.iter().find(|item| same(&item.gtin)).ok_or_else(unknown)
}

fn unknown() -> Refusal {
    let message = "the catalogue does not know these goods; type them in";
    Refusal::new(RefusalKind::NotFound, Reason::GOODS_UNKNOWN, message)
}

/// Goods of the catalogue that the handheld read: one more of them.
pub fn add_scanned(tx: &mut Tx, id: SaleId, item: &CatalogueItem) -> Result<Sale> {
    let mut sale = tx.sale(id)?;
    sale.must_be_editable("given more goods")?;
    let mut lines: Vec<LineInput> = sale.lines.iter().map(line_input).collect();
    match lines.iter_mut().find(|line| same_item(line, item)) {
        Some(line) => line.quantity_milli += 1000,
        None => lines.push(LineInput {
            description: item.description.clone(),
            gtin: item.gtin.clone(),
            quantity_milli: 1000,
            unit_price_minor: item.unit_price_minor,
            ..LineInput::default()
        }),
    }
    for line in &mut lines {
        line.line_total_minor = line_total(line)?;
    }
    put_goods(&mut sale, &lines, None)?;
    let cashier = sale.cashier.clone();
    touched(tx, sale, &cashier)
}

fn same_item(line: &LineInput, item: &CatalogueItem) -> bool {
    Gtin::parse(&line.gtin).is_some_and(|gtin| Gtin::parse(&item.gtin) == Some(gtin))
        && line.unit_price_minor == item.unit_price_minor
}

fn line_input(line: &SoldLine) -> LineInput {
    LineInput {
        description: line.description.clone(),
        gtin: line.gtin.clone(),
        quantity_milli: line.quantity_milli,
        unit_price_minor: line.unit_price_minor,
        line_total_minor: line.total_minor,
        ..LineInput::default()
    }
}

fn line_total(line: &LineInput) -> Result<i64> {
    line.quantity_milli.checked_mul(line.unit_price_minor).map(|milli| (milli + 500) / 1000).ok_or_else(
        || Refusal::field("lines", Reason::BASKET_INVALID, "a line is worth more than can be counted"),
    )
}

/// ISO 4217 of the shop; checked once at the start.
pub fn currency(code: &str) -> Result<Currency> {
    Currency::from_code(code).ok_or_else(|| {
        Refusal::field("currency_code", Reason::CURRENCY_UNKNOWN, "give an ISO 4217 code, e.g. CNY")
    })
}

/// What the handheld could never find is said at the start, not at the counter.
pub fn check_catalogue(catalogue: &[CatalogueItem]) -> Result<()> {
    for (at, item) in catalogue.iter().enumerate() {
        if !matches!(scan_route::route(&item.gtin), ScanRoute::Goods(_)) {
            let remedy = "the check digit is wrong; copy the number from the shelf label again";
            return Err(Refusal::field(
                format!("[checkout] catalogue[{at}].gtin"),
                Reason::GTIN_INVALID,
                remedy,
            ));
        }
        if item.unit_price_minor < 0 {
            let remedy = "a price is not negative";
            return Err(Refusal::field(
                format!("[checkout] catalogue[{at}].unit_price_minor"),
                Reason::AMOUNT_NEGATIVE,
                remedy,
            ));
        }
    }
    Ok(())
}

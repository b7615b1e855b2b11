//! The basket: typed, sent by another POS, or scanned at the till.

use std::sync::Arc;

use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::editable;
use crate::domain::basket::{Basket, LineInput};
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::domain::sale::{Sale, SoldLine};
use crate::domain::scan_route::{self, Gtin, ScanRoute};
use crate::shop::Shop;
use crate::store::{Rows, Tx};

const TAG_BYTES: usize = 8;

pub fn set_basket(
    tx: &mut Tx,
    sale_id: &str,
    lines: &[LineInput],
    total_minor: i64,
    currency: &str,
    if_tag: &str,
) -> Result<Sale> {
    let mut sale = tx.sale(sale_id)?;
    editable(&sale, "given other goods")?;
    must_be_tagged(&sale, if_tag)?;
    if currency != sale.currency_code {
        let remedy = format!("use {}, the shop's currency", sale.currency_code);
        return Err(Refusal::field("total.currency_code", "CURRENCY_UNKNOWN", remedy));
    }
    put_goods(&mut sale, lines, Some(total_minor))?;
    tx.put_sale(&sale.cashier.clone(), &sale)?;
    Ok(sale)
}

/// Tells one basket from another: a scan may come between somebody's reading of it and his writing.
pub fn tag_of(lines: &[SoldLine]) -> String {
    let hashed = lines.iter().fold(Sha256::new(), |hash, line| {
        let bytes = line.encode_to_vec();
        hash.chain_update((bytes.len() as u64).to_be_bytes()).chain_update(bytes)
    });
    hex::encode(&hashed.finalize()[..TAG_BYTES])
}

/// The basket is the one that the caller has read; without a tag he takes any.
pub fn must_be_tagged(sale: &Sale, if_tag: &str) -> Result<()> {
    if !if_tag.is_empty() && if_tag != tag_of(&sale.lines) {
        let message = "the basket has changed since it was read; read the sale again";
        return Err(Refusal::new(RefusalKind::WrongState, "BASKET_CHANGED", message));
    }
    Ok(())
}

fn put_goods(sale: &mut Sale, lines: &[LineInput], total_minor: Option<i64>) -> Result<()> {
    let basket = Basket::new(&sale.currency_code, lines, total_minor).map_err(|error| {
        let reason = match error.field.as_str() {
            "total_minor" => "TOTAL_MISMATCH",
            "lines" if lines.is_empty() => "BASKET_EMPTY",
            "lines" => "BASKET_TOO_LARGE",
            field if field.ends_with("line_total_minor") && !error.remedy.contains("negative") => {
                "TOTAL_MISMATCH"
            }
            _ if error.remedy.contains("negative") => "AMOUNT_NEGATIVE",
            _ => "BASKET_INVALID",
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

/// Goods of the catalogue that the handheld read: one more of them.
pub async fn add_scanned_goods(shop: &Arc<Shop>, sale_id: &str, code: &str) -> Result<Sale> {
    let same = |gtin: &str| match (Gtin::parse(gtin), Gtin::parse(code)) {
        (Some(left), Some(right)) => left == right,
        _ => gtin == code,
    };
    let item = shop.cfg.catalogue.iter().find(|item| same(&item.gtin)).cloned().ok_or_else(|| {
        Refusal::new(
            RefusalKind::NotFound,
            "GOODS_UNKNOWN",
            "the catalogue does not know these goods; type them in",
        )
    })?;
    let sale_id = sale_id.to_owned();
    shop.store
        .write(move |tx| {
            let mut sale = tx.sale(&sale_id)?;
            editable(&sale, "given more goods")?;
            let mut lines: Vec<LineInput> = sale.lines.iter().map(line_input).collect();
            match lines.iter_mut().find(|line| same_item(line, &item)) {
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
            tx.put_sale(&sale.cashier.clone(), &sale)?;
            Ok(sale)
        })
        .await
}

fn same_item(line: &LineInput, item: &crate::config::CatalogueItem) -> bool {
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
    line.quantity_milli
        .checked_mul(line.unit_price_minor)
        .map(|milli| (milli + 500) / 1000)
        .ok_or_else(|| Refusal::field("lines", "BASKET_INVALID", "a line is worth more than can be counted"))
}
/// What the handheld could never find is told at the start, not at the counter.
pub fn check_catalogue(catalogue: &[crate::config::CatalogueItem]) -> Result<()> {
    for (at, item) in catalogue.iter().enumerate() {
        if !matches!(scan_route::route(&item.gtin), ScanRoute::Goods(_)) {
            let remedy = "the check digit is wrong; copy the number from the shelf label again";
            return Err(Refusal::field(format!("[checkout] catalogue[{at}].gtin"), "GTIN_INVALID", remedy));
        }
        if item.unit_price_minor < 0 {
            let remedy = "a price is not negative";
            return Err(Refusal::field(
                format!("[checkout] catalogue[{at}].unit_price_minor"),
                "AMOUNT_NEGATIVE",
                remedy,
            ));
        }
    }
    Ok(())
}

//! The payer's code, checked offline (DESIGN step 2).

use std::sync::Arc;

use super::{assess, editable, limits, moment};
use crate::domain::payer_code::{self, PayerCode};
use crate::domain::people::Payer;
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::domain::sale::{PayerScanSource, Sale, SaleState};
use crate::domain::scan_route::{self, ScanRoute};
use crate::keys::PAYER_CODE_KEY_ID;
use crate::shop::Shop;
use crate::store::{Rows, Tx};

/// A payer's code as it was read.
pub struct PayerScan {
    pub code: Vec<u8>,
    pub source: PayerScanSource,
    pub engine: String,
}
/// DESIGN step 2: the payer's code is checked offline, and the sale is PAYER_OK.
pub async fn present_payer(shop: &Arc<Shop>, sale_id: &str, scan: PayerScan) -> Result<Sale> {
    let code = read_code(shop, &scan.code)?;
    let (sale_id, limits, moment) = (sale_id.to_owned(), limits(shop), moment(shop)?);
    shop.store
        .write(move |tx| {
            let mut sale = tx.sale(&sale_id)?;
            editable(&sale, "given a payer")?;
            let payer = known_payer(tx, &code)?;
            payer.may_buy(moment.now, &moment.zone)?;
            sale.payer_id.clone_from(&payer.payer_id);
            sale.payer_last4 = payer.last4();
            sale.payer_code_serial = code.serial.into();
            sale.payer_scan_source = scan.source as i32;
            sale.payer_scan_engine = scan.engine;
            sale.payer_scan_ms = tx.now_ms;
            sale.same_person = None;
            sale.risk_result = assess(tx, &sale, &payer, &limits, &moment)?.bits();
            if sale.state() == SaleState::Draft {
                sale.advance(SaleState::PayerOk)?;
            }
            tx.put_sale(&sale.cashier.clone(), &sale)?;
            Ok(sale)
        })
        .await
}

fn read_code(shop: &Shop, bytes: &[u8]) -> Result<PayerCode> {
    let refuse = |reason, message: &str| Err(Refusal::field("code", reason, message));
    let text = std::str::from_utf8(bytes).map_err(|_binary| {
        Refusal::field(
            "code",
            "NOT_A_PAYER_CODE",
            "this is not a Chit payer code; ask the payer to show the payer code",
        )
    })?;
    let digits = match scan_route::route(text) {
        ScanRoute::PayerCode(digits) => digits,
        ScanRoute::EmvConsumer => {
            return refuse(
                "EMV_PAYER_CODE",
                "this is a bank's payer code (EMV); Chit takes its own payer code",
            );
        }
        ScanRoute::EmvMerchant => {
            return refuse(
                "MERCHANT_CODE",
                "this is a merchant's code; ask the payer to show the payer code",
            );
        }
        ScanRoute::Wallet => {
            return refuse(
                "WALLET_CODE",
                "this is a wallet's payer code and needs a network; ask for the Chit payer code",
            );
        }
        ScanRoute::Goods(_) | ScanRoute::Unknown => {
            return refuse(
                "NOT_A_PAYER_CODE",
                "this is not a Chit payer code; ask the payer to show the payer code",
            );
        }
    };
    let own = (shop.cfg.issuer, PAYER_CODE_KEY_ID);
    let key = shop.keys.payer_code.verifying_key();
    let today = shop.quiet.local_day(shop.clock.now());
    let key_of = |issuer, key_id| ((issuer, key_id) == own).then_some(key);
    payer_code::decode_and_verify(digits.as_str(), key_of, today)
        .map_err(|error| Refusal::field("code", error.reason(), error.to_string()))
}

fn known_payer(tx: &Tx, code: &PayerCode) -> Result<Payer> {
    let payer = tx.payer(&code.payer_id.to_string()).map_err(|refusal| match refusal.kind {
        RefusalKind::NotFound => Refusal::field(
            "code",
            "UNKNOWN_PAYER",
            "the code is genuine, but this till does not know the payer; enrol him here",
        ),
        _ => refusal,
    })?;
    if u32::from(code.serial) < payer.code_serial {
        return Err(Refusal::field(
            "code",
            "SERIAL_OLD",
            "the payer has a newer code; ask him to show that one",
        ));
    }
    Ok(payer)
}

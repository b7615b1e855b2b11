//! The payer's code, checked offline (DESIGN step 2).

use chit_payer_code::{PayerCode, PayerCodeError, decode_and_verify};
use ed25519_dalek::VerifyingKey;
use jiff::civil::Date;

use super::commit::Rules;
use super::sale::{Commit, Presented, Sale, ScanSource, Stage};
use super::scan_route::{self, ScanRoute};
use crate::payer::Payer;
use crate::payer::record::CodeCare;
use crate::risk::{self, Moment, RiskResult, Verdict};
use crate::store::Tx;
use crate::values::ids::{PayerId, SaleId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};

/// A payer's code as it was read.
pub struct PayerScan {
    /// What was read.
    pub says: ScanRoute,
    pub source: ScanSource,
    pub engine: String,
}

/// Whose signature counts, for which issuer and key.
pub struct IssuerKey {
    pub issuer: u16,
    pub key_id: u8,
    pub key: VerifyingKey,
}

impl PayerScan {
    /// A text that another program read.
    pub fn by_caller(code: &[u8], engine: String) -> Self {
        let says = std::str::from_utf8(code).map_or(ScanRoute::Unknown, scan_route::route);
        Self { says, source: ScanSource::Caller, engine }
    }

    /// What the code says, if it is genuine and valid today.
    pub fn read(&self, own: &IssuerKey, today: Date) -> Result<PayerCode> {
        let refuse = |reason, message: &str| Err(Refusal::field("code", reason, message));
        let no_payer_code = "this is not a Chit payer code; ask the payer to show the payer code";
        let digits = match &self.says {
            ScanRoute::PayerCode(digits) => digits,
            ScanRoute::EmvConsumer => {
                let message = "this is a bank's payer code (EMV); Chit takes its own payer code";
                return refuse(Reason::EMV_PAYER_CODE, message);
            }
            ScanRoute::EmvMerchant => {
                let message = "this is a merchant's code; ask the payer to show the payer code";
                return refuse(Reason::MERCHANT_CODE, message);
            }
            ScanRoute::Wallet => {
                let message =
                    "this is a wallet's payer code and needs a network; ask for the Chit payer code";
                return refuse(Reason::WALLET_CODE, message);
            }
            ScanRoute::Goods(_) | ScanRoute::Unknown => {
                return refuse(Reason::NOT_A_PAYER_CODE, no_payer_code);
            }
        };
        let key_of = |issuer, key_id| ((issuer, key_id) == (own.issuer, own.key_id)).then_some(own.key);
        decode_and_verify(digits.as_str(), key_of, today).map_err(|error| refused(&error))
    }
}

fn refused(error: &PayerCodeError) -> Refusal {
    let reason = match error {
        PayerCodeError::NotAPayerCode => Reason::NOT_A_PAYER_CODE,
        PayerCodeError::UnknownVersion(_) => Reason::UNKNOWN_VERSION,
        PayerCodeError::UnknownIssuer { .. } => Reason::UNKNOWN_ISSUER,
        PayerCodeError::BadSignature => Reason::BAD_SIGNATURE,
        PayerCodeError::NotYetValid(_) => Reason::NOT_YET_VALID,
        PayerCodeError::Expired(_) => Reason::EXPIRED,
        PayerCodeError::UnknownCurrency(_) => Reason::UNKNOWN_CURRENCY,
        PayerCodeError::PhoneUnreadable => Reason::PHONE_UNREADABLE,
        PayerCodeError::ClockUnusable => Reason::CLOCK_UNUSABLE,
    };
    Refusal::field("code", reason, error.to_string())
}

/// What a payer's code is judged with, and who presents it.
pub struct Presenting<'a> {
    pub issuer: u16,
    pub actor: &'a str,
    pub rules: &'a Rules,
    pub moment: Moment,
}

/// The sale is PAYER_OK, unless something is known of the payer that refuses every sale to them.
pub fn present(
    tx: &mut Tx,
    id: SaleId,
    code: &PayerCode,
    scan: PayerScan,
    by: Presenting<'_>,
) -> Result<Sale> {
    let Presenting { issuer, actor, rules, moment } = by;
    let mut sale = tx.sale(id)?;
    sale.must_be_editable("given a payer")?;
    let mut payer = known_payer(tx, code)?;
    if payer.code_care == CodeCare::Renewed && code.serial == payer.code.serial {
        payer.code_care = CodeCare::None;
        tx.put_payer("payer", &payer)?;
    }
    let mut presented = Presented {
        payer: payer.id,
        source: Some(scan.source),
        engine: scan.engine,
        at: tx.now,
        code_serial: Some(code.serial),
        foreign: code.issuer != issuer,
        risk: RiskResult::NONE,
        same_person: None,
    };
    let subject = presented.subject(id, sale.total_minor);
    presented.risk = risk::assess(tx, &payer, &subject, &rules.limits, moment)?;
    let of_the_payer = presented.risk.among(RiskResult::OF_THE_PAYER);
    if let Verdict::Refuse(bits) = rules.codes.verdict(of_the_payer) {
        return Err(risk::refused(bits, &payer, &rules.zone));
    }
    sale.stage = Stage::PayerOk { payer: presented, commit: Commit::NotAsked };
    sale.touch(actor, tx.now);
    tx.put_sale(actor, &sale)?;
    Ok(sale)
}

fn known_payer(tx: &Tx, code: &PayerCode) -> Result<Payer> {
    let payer = tx.payer(PayerId(code.payer_id.0)).map_err(|refusal| match refusal.kind {
        RefusalKind::NotFound => Refusal::field(
            "code",
            Reason::UNKNOWN_PAYER,
            "the code is genuine, but this till does not know the payer; enrol them here",
        ),
        _ => refusal,
    })?;
    if code.serial < payer.code.serial {
        let remedy = "the payer has a newer code; ask them to show that one";
        return Err(Refusal::field("code", Reason::SERIAL_OLD, remedy));
    }
    Ok(payer)
}

/// The cashier's answer to "same person?".
pub fn confirm_person(tx: &mut Tx, id: SaleId, same: bool, actor: &str) -> Result<Sale> {
    let mut sale = tx.sale(id)?;
    sale.must_be_editable("confirmed")?;
    match &mut sale.stage {
        Stage::PayerOk { payer, .. } => payer.same_person = Some(same),
        _ => return Err(sale.cannot_be("confirmed")),
    }
    sale.touch(actor, tx.now);
    tx.put_sale(actor, &sale)?;
    Ok(sale)
}

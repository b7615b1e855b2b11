//! The issuer's verdict on the payer's reply (proto/chit/issuer/v1/verdict.proto). A shop cannot make one: with the issuer's key it is
//! checked here, without the shop and without the issuer.

use chit_evidence::Verified;
use chit_proto::checkout::v1::Goods;
use chit_proto::ledger::v1::FactKind;
use chit_proto::ledger::v1::journal_record::Change;
use chit_verdict::{Outcome, SIGNED_LEN_MAX, SaleClaim, Verdict};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Fault;
use super::proof::{Record, Witnessed, included};
use super::source::Source;
use crate::commands::ledger;

pub const VERDICT_FILE: &str = "issuer-verdict.json";
pub const FORMAT: &str = "chit-issuer-verdict/1";
const FILE_LEN_MAX: usize = 256 << 10;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictFile {
    pub format: String,
    /// Hexadecimal: verdict and signature.
    pub verdict: String,
    /// Signed note.
    pub checkpoint: String,
    /// The fact that witnesses it.
    pub fact: Record,
}

/// What a good verdict says.
pub struct Judged {
    pub time: String,
    shop: String,
    at_counter: bool,
    amount_minor: i64,
    currency: String,
    /// To this amount, asked by the issuer itself: the shop's text need not be believed.
    pub agreed: bool,
}

impl Judged {
    pub fn asked(&self) -> String {
        let place = if self.at_counter { "at the counter" } else { "by SMS" };
        let (shop, currency) = (self.shop.escape_debug(), &self.currency);
        let asked = format!("{} {currency} (minor units) to {shop}, {place}", self.amount_minor);
        if self.agreed {
            format!("{asked}; the payer agreed to this sum when the issuer asked them by SMS")
        } else {
            format!("{asked}; the issuer did not ask the payer about the sum: that rests on the shop's text")
        }
    }
}

/// What it must be about.
pub struct Asked<'a> {
    pub issuer: &'a [u8; 32],
    pub goods: Option<&'a Goods>,
    pub bundle: &'a Verified,
}

fn fault(reason: &'static str, what: impl Into<String>) -> Fault {
    Fault::new(VERDICT_FILE, reason, &what.into())
}

impl Asked<'_> {
    /// `ledger`: the key of its checkpoints, if it is to be asked.
    pub fn verify(
        &self,
        source: &mut Source,
        ledger: Option<&str>,
        witnessed: Option<&Witnessed>,
    ) -> Result<Judged, Fault> {
        let text = source.small(VERDICT_FILE, FILE_LEN_MAX);
        let text = text.map_err(|error| fault("FILE_UNREADABLE", error.to_string()))?;
        let text = text.ok_or_else(|| {
            fault(
                "VERDICT_MISSING",
                "is missing: nothing shows that the issuer found the payer's reply right",
            )
        })?;
        let malformed = |what: String| fault("VERDICT_MALFORMED", what);
        let file: VerdictFile =
            serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
        let signed = hex::decode(&file.verdict).ok().filter(|signed| signed.len() <= SIGNED_LEN_MAX);
        let signed =
            signed.ok_or_else(|| malformed("the verdict is no hexadecimal text of its length".into()))?;
        if file.format != FORMAT {
            return Err(malformed(format!("this program knows {FORMAT} only")));
        }
        let verdict = Verdict::verify(&signed, self.issuer).map_err(|error| {
            fault(error.reason(), format!("{error}: the shop, or somebody else, made it"))
        })?;
        let sale = self.sale_in(&verdict)?;
        if let Some(key) = ledger {
            is_witnessed(&file, &signed, key, &self.bundle.manifest.sale_id, witnessed)?;
        }
        let time = jiff::Timestamp::from_millisecond(verdict.judged_unix_ms);
        Ok(Judged {
            time: time.map(|time| time.to_string()).unwrap_or_default(),
            shop: verdict.claim.shop.clone(),
            at_counter: verdict.claim.at_counter,
            amount_minor: sale.amount_minor,
            currency: String::from_utf8_lossy(&verdict.claim.currency).into_owned(),
            agreed: verdict.outcome == Outcome::Agreed,
        })
    }

    /// The bundle's sale, as the verdict has it: right, this evidence, and no more than the goods cost.
    fn sale_in(&self, verdict: &Verdict) -> Result<SaleClaim, Fault> {
        if !verdict.outcome.collects() {
            return Err(fault("VERDICT_NOT_RIGHT", "the issuer did not find the payer's reply right"));
        }
        let of_sale = |sale: &&SaleClaim| {
            ulid::Ulid::from_bytes(sale.sale_id).to_string() == self.bundle.manifest.sale_id
        };
        let sale = verdict.claim.sales.iter().find(of_sale);
        let sale = sale.ok_or_else(|| fault("VERDICT_OTHER_SALE", "is about other sales than this one"))?;
        if sale.manifest_sha256 != self.bundle.sha256 {
            let what = "the shop claimed other evidence of this sale when the payer was asked";
            return Err(fault("VERDICT_OTHER_EVIDENCE", what));
        }
        let total = self.goods.and_then(|goods| goods.total.as_ref());
        let agrees = total.is_none_or(|total| {
            let currency = total.currency_code.as_bytes() == verdict.claim.currency;
            // A part may have been paid in cash before.
            currency && (1..=total.amount_minor).contains(&sale.amount_minor)
        });
        if !agrees {
            let what = "the payer was asked for another sum than the goods cost";
            return Err(fault("VERDICT_AMOUNT_DIFFERS", what));
        }
        Ok(sale.clone())
    }
}

fn is_witnessed(
    file: &VerdictFile,
    signed: &[u8],
    ledger_key: &str,
    sale_id: &str,
    export: Option<&Witnessed>,
) -> Result<(), Fault> {
    let hash = Sha256::digest(signed);
    if export.is_some_and(|export| export.verdicts.iter().any(|verdict| verdict[..] == hash[..])) {
        return Ok(());
    }
    let (size, root) = ledger::checkpoint_signed_by(&file.checkpoint, ledger_key).ok_or_else(|| {
        fault("CHECKPOINT_FOREIGN", "the checkpoint is not signed by the ledger's key that is trusted")
    })?;
    let record = included(&file.fact, size, root).ok_or_else(|| {
        fault("RECORD_NOT_IN_LEDGER", "the record is not in the ledger that the checkpoint signs")
    })?;
    let is_it = matches!(record.change, Some(Change::Fact(fact))
        if fact.kind() == FactKind::ChallengeVerdict && fact.subject_id == sale_id && fact.sha256[..] == hash[..]);
    if is_it {
        Ok(())
    } else {
        Err(fault("VERDICT_NOT_WITNESSED", "the ledger witnesses another verdict of this sale"))
    }
}

//! The issuer that judges replies, as this shop knows it: what it is told, and whether a verdict is really its own.

use std::io::Write as _;
use std::iter;
use std::str::FromStr as _;

use age::x25519::Recipient;
use anyhow::Context as _;
use chit_proto::issuer::v1::{AssignRowsRequest, JudgeReplyRequest, ReportLostRequest};
use chit_verdict::{Claim, SHOP_LEN_MAX, Verdict, judge_request, lost_request, rows_request};
use ed25519_dalek::{Signer as _, SigningKey};

use crate::config::{Config, VerifierKind};
use crate::payer::Payer;
use crate::payer::code_card::RowCode;
use crate::values::ids::IssuerRequestId;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};
use crate::verification::forward::Forward;

pub struct IssuerEnd {
    /// Its name for this shop.
    pub shop: String,
    key: [u8; 32],
    recipient: Recipient,
}

impl IssuerEnd {
    /// None where the shop judges itself.
    pub fn of(cfg: &Config) -> anyhow::Result<Option<Self>> {
        if cfg.verifier == VerifierKind::Local {
            return Ok(None);
        }
        anyhow::ensure!(
            (1..=SHOP_LEN_MAX).contains(&cfg.issuer_shop.len()),
            "[checkout] issuer_shop must be the name under which the issuer knows this shop, 1 to {SHOP_LEN_MAX} bytes"
        );
        let key = hex::decode(&cfg.issuer_key).ok().and_then(|key| key.try_into().ok());
        let key =
            key.context("[checkout] issuer_key must be the 64 digits that `chit issuer keys` prints")?;
        let recipient = Recipient::from_str(cfg.issuer_recipient.trim())
            .map_err(|error| anyhow::anyhow!("[checkout] issuer_recipient: {error}; it begins with age1"))?;
        Ok(Some(Self { shop: cfg.issuer_shop.clone(), key, recipient }))
    }

    /// For this request alone: a copy of it answers no other.
    pub fn seal(&self, id: IssuerRequestId, code: &RowCode) -> Result<Vec<u8>> {
        let failed =
            |what: String| Refusal::internal(format!("a reply could not be sealed for the issuer: {what}"));
        let to = iter::once(&self.recipient as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(to).map_err(|error| failed(error.to_string()))?;
        let seal = || {
            let mut sealed = Vec::new();
            let mut writer = encryptor.wrap_output(&mut sealed)?;
            writer.write_all(&id.to_bytes())?;
            writer.write_all(code.reveal().as_bytes())?;
            writer.finish()?;
            Ok(sealed)
        };
        seal().map_err(|error: std::io::Error| failed(error.to_string()))
    }

    pub fn judge_request(&self, forward: &Forward, shop: &SigningKey) -> JudgeReplyRequest {
        let claims: Vec<Vec<u8>> = forward.claims.iter().map(Claim::encode).collect();
        let asked = judge_request(&forward.id.to_bytes(), &forward.sealed_code, &claims);
        JudgeReplyRequest {
            request_id: forward.id.to_string(),
            claims,
            sealed_code: forward.sealed_code.clone(),
            shop_signature: shop.sign(&asked).to_bytes().to_vec(),
        }
    }

    pub fn rows_request(&self, id: IssuerRequestId, payer: &Payer, shop: &SigningKey) -> AssignRowsRequest {
        let card_serial = payer.card.serial.to_string();
        let asked = rows_request(&id.to_bytes(), &self.shop, &card_serial);
        AssignRowsRequest {
            request_id: id.to_string(),
            shop: self.shop.clone(),
            card_serial,
            shop_signature: shop.sign(&asked).to_bytes().to_vec(),
        }
    }

    pub fn lost_request(&self, id: IssuerRequestId, payer: &Payer, shop: &SigningKey) -> ReportLostRequest {
        let card_serial = payer.card.serial.to_string();
        let asked = lost_request(&id.to_bytes(), &self.shop, &card_serial);
        ReportLostRequest {
            request_id: id.to_string(),
            shop: self.shop.clone(),
            card_serial,
            shop_signature: shop.sign(&asked).to_bytes().to_vec(),
            approval: None,
        }
    }

    /// Signed by the issuer, and about what was forwarded: only then is it believed.
    pub fn check(&self, forward: &Forward, signed: &[u8]) -> Result<Verdict> {
        let invalid = |why: &str| {
            let message = format!(
                "the issuer's verdict is not believed: {why}; ask the issuer, and see [checkout] issuer_key"
            );
            Refusal::new(RefusalKind::Internal, Reason::VERDICT_INVALID, message)
        };
        let verdict = Verdict::verify(signed, &self.key).map_err(|fault| invalid(&fault.to_string()))?;
        if verdict.request_id != forward.id.to_bytes() || !forward.claims.contains(&verdict.claim) {
            return Err(invalid("it is about another reply"));
        }
        Ok(verdict)
    }
}

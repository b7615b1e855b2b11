//! A new payer: his code, his card, his record.

use std::sync::Arc;

use iso_currency::Currency;
use sha2::{Digest, Sha256};

use crate::domain::code_card::{CardSerial, RowBitmap};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::name::Named;
use crate::domain::payer::{PayerId, PhoneE164};
use crate::domain::payer_code::{DayNumber, PayerCode, SealedPhone};
use crate::domain::payer_code_digits;
use crate::domain::people::{EnrolStep, Payer, PayerState};
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::keys::PAYER_CODE_KEY_ID;
use crate::shop::Shop;
use crate::store::{Rows, Tx};

pub struct NewPayer {
    pub name: String,
    pub phone: PhoneE164,
    pub language: String,
}

const FIRST_SERIAL: u16 = 1;
const CONSENT: &str = "chit/consent/v1";

pub fn number_taken() -> Refusal {
    Refusal {
        kind: RefusalKind::Conflict,
        ..Refusal::field("phone", "NUMBER_TAKEN", "one phone, one payer: this number is enrolled already")
    }
}

/// Makes ids, serials and the QR picture; nothing is stored but the picture.
pub fn prepare(shop: &Arc<Shop>, new: NewPayer, photo: Vec<u8>, approved_by: &str) -> Result<Payer> {
    let payer_id = PayerId(shop.random()?);
    let today = crate::counter::day_number(shop)?;
    let consent: [u8; 32] = Sha256::digest(CONSENT.as_bytes()).into();
    let consent_hash = [consent[0], consent[1], consent[2], consent[3]];
    let code = PayerCode {
        issuer: shop.cfg.issuer,
        key_id: PAYER_CODE_KEY_ID,
        payer_id,
        from_day: today,
        to_day: DayNumber(today.0.saturating_add(shop.cfg.code_validity_days)),
        serial: FIRST_SERIAL,
        limit_class: 0,
        flags: 0,
        currency: Currency::from_code(&shop.cfg.currency_code)
            .ok_or_else(|| Refusal::internal("the shop's currency is not an ISO 4217 code"))?,
        consent_hash,
        sealed_phone: SealedPhone::seal(&new.phone, &shop.keys.payer_group[..], payer_id, FIRST_SERIAL),
    };
    let png = payer_code_digits::png(&code.sign(&shop.keys.payer_code));
    let path = shop.codes_dir.join(format!("{payer_id}.png"));
    write_private(&path, &png)
        .map_err(|error| Refusal::internal(format!("the payer code's picture cannot be written: {error}")))?;
    Ok(Payer {
        payer_id: payer_id.to_string(),
        state: PayerState::Enrolling as i32,
        name: new.name,
        phone: new.phone.reveal().to_owned(),
        language: new.language,
        code_serial: u32::from(FIRST_SERIAL),
        valid_to: code.to_day.date().to_string(),
        card_serial: CardSerial::from_random(shop.random_u64()?).to_string(),
        rows_burned: RowBitmap::default().to_bytes().to_vec(),
        mandate_id: shop.new_ulid()?,
        mandate_job_id: shop.new_ulid()?,
        card_job_id: shop.new_ulid()?,
        enrol_step: EnrolStep::Mandate as i32,
        code_png_path: path.display().to_string(),
        photo_jpeg: photo,
        account_id: shop.new_ulid()?,
        create_ms: shop.now_ms(),
        consent_hash: u32::from_be_bytes(consent_hash),
        traceparent: chit_runtime::trace::current_traceparent().unwrap_or_default(),
        approved_by: approved_by.to_owned(),
        ..Payer::default()
    })
}

/// Whoever holds the picture can impersonate the payer at a till.
fn write_private(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

pub fn enrol(tx: &mut Tx, payer: &Payer, approver: &str) -> Result<()> {
    if tx.payer_by_phone(&payer.phone)?.is_some() {
        return Err(number_taken());
    }
    tx.index_phone(&payer.phone, &payer.payer_id)?;
    tx.put_payer(approver, payer)?;
    tx.push(&Effect::new(EffectKind::Enrol, &payer.payer_id))
}

/// Ends a freeze or a lock in person: a new card, and its first row must be answered.
pub fn reset(tx: &mut Tx, payer_id: &str, approver: &str, job_id: String, random: u64) -> Result<Payer> {
    let mut payer = tx.payer(payer_id)?;
    if !matches!(
        payer.state(),
        PayerState::Frozen | PayerState::Locked | PayerState::Active | PayerState::Pending
    ) {
        let message = format!("the payer is {}; there is nothing to reset", payer.state().name());
        return Err(Refusal::wrong_state(message));
    }
    payer.state = PayerState::Enrolling as i32;
    payer.card_serial = CardSerial::from_random(random).to_string();
    payer.card_job_id = job_id;
    payer.enrol_step = EnrolStep::Card as i32;
    payer.rows_burned = RowBitmap::default().to_bytes().to_vec();
    payer.used_code_hashes.clear();
    payer.wrong_since_right = 0;
    payer.frozen_by_payer = false;
    payer.not_before_ms = 0;
    if !payer.open_challenge_id.is_empty() {
        cancel_open(tx, &mut payer)?;
    }
    tx.put_payer(approver, &payer)?;
    tx.push(&Effect::new(EffectKind::Enrol, payer_id))?;
    Ok(payer)
}

/// Rows of the old card count for nothing: what it asked for is asked anew.
fn cancel_open(tx: &mut Tx, payer: &mut Payer) -> Result<()> {
    use crate::domain::dialogue::ChallengeState;
    use crate::domain::sale::SaleState;
    let mut challenge = tx.challenge(&payer.open_challenge_id)?;
    challenge.state = ChallengeState::Cancelled as i32;
    tx.put_challenge("system", &challenge)?;
    tx.push(&Effect::new(EffectKind::CancelMessage, &challenge.message_id))?;
    for sale_id in &challenge.sale_ids {
        let mut sale = tx.sale(sale_id)?;
        if sale.state() == SaleState::Challenged {
            sale.advance(SaleState::Queued)?;
            tx.put_sale("system", &sale)?;
        }
    }
    payer.open_challenge_id.clear();
    Ok(())
}

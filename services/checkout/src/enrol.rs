//! A new payer: his code, his card, his record.

use std::sync::Arc;

use chit_proto::ledger::v1::FactKind;
use iso_currency::Currency;
use sha2::{Digest, Sha256};

use crate::dialogue::witness::witness;
use crate::domain::code_card::{CardSerial, RowBitmap};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::payer::{PayerId, PhoneE164};
use crate::domain::payer_code::{DayNumber, PayerCode, SealedPhone};
use crate::domain::payer_code_digits;
use crate::domain::people::{EnrolStep, Payer, PayerState};
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::grant::Grant;
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

/// A payer code and its picture.
pub struct Issued {
    pub serial: u16,
    pub valid_to: String,
    pub png_path: String,
}

/// Signs a code of this serial and writes its picture; older pictures of the payer count for nothing then.
pub fn issue(shop: &Arc<Shop>, payer_id: PayerId, phone: &PhoneE164, serial: u16) -> Result<Issued> {
    let today = crate::counter::day_number(shop)?;
    let code = PayerCode {
        issuer: shop.cfg.issuer,
        key_id: PAYER_CODE_KEY_ID,
        payer_id,
        from_day: today,
        to_day: DayNumber(today.0.saturating_add(shop.cfg.code_validity_days)),
        serial,
        limit_class: 0,
        flags: 0,
        currency: Currency::from_code(&shop.cfg.currency_code)
            .ok_or_else(|| Refusal::internal("the shop's currency is not an ISO 4217 code"))?,
        consent_hash: consent_hash(),
        sealed_phone: SealedPhone::seal(phone, &shop.keys.payer_group[..], payer_id, serial),
    };
    let png = payer_code_digits::png(&code.sign(&shop.keys.payer_code));
    let path = shop.codes_dir.join(format!("{payer_id}-{serial}.png"));
    write_private(&path, &png)
        .map_err(|error| Refusal::internal(format!("the payer code's picture cannot be written: {error}")))?;
    Ok(Issued { serial, valid_to: code.to_day.date().to_string(), png_path: path.display().to_string() })
}

/// Makes ids, serials and the QR picture; nothing is stored but the picture.
pub fn prepare(shop: &Arc<Shop>, new: NewPayer) -> Result<Payer> {
    let payer_id = PayerId(shop.random()?);
    let code = issue(shop, payer_id, &new.phone, FIRST_SERIAL)?;
    Ok(Payer {
        payer_id: payer_id.to_string(),
        state: PayerState::Enrolling as i32,
        name: new.name,
        phone: new.phone.reveal().to_owned(),
        language: new.language,
        code_serial: u32::from(code.serial),
        valid_to: code.valid_to,
        card_serial: CardSerial::from_random(shop.random_u64()?).to_string(),
        rows_burned: RowBitmap::default().to_bytes().to_vec(),
        mandate_id: shop.new_ulid()?,
        mandate_job_id: shop.new_ulid()?,
        card_job_id: shop.new_ulid()?,
        enrol_step: EnrolStep::Mandate as i32,
        code_png_path: code.png_path,
        account_id: shop.new_ulid()?,
        create_ms: shop.now_ms(),
        consent_hash: u32::from_be_bytes(consent_hash()),
        traceparent: chit_runtime::trace::current_traceparent().unwrap_or_default(),
        ..Payer::default()
    })
}

fn consent_hash() -> [u8; 4] {
    let whole: [u8; 32] = Sha256::digest(CONSENT.as_bytes()).into();
    [whole[0], whole[1], whole[2], whole[3]]
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

pub fn enrol(tx: &mut Tx, mut payer: Payer, photo: &[u8], grant: Grant) -> Result<Payer> {
    if tx.payer_by_phone(&payer.phone)?.is_some() {
        return Err(number_taken());
    }
    payer.approved_by = grant.record(tx, &payer.payer_id)?;
    tx.index_phone(&payer.phone, &payer.payer_id)?;
    tx.put_photo(&payer.payer_id, photo)?;
    tx.put_payer(&payer.approved_by, &payer)?;
    witness_enrolment(tx, &payer, "enrolled", &payer.approved_by)?;
    tx.push(&Effect::new(EffectKind::Enrol, &payer.payer_id))?;
    Ok(payer)
}

/// The ledger witnesses that a payer was enrolled, or has another phone or card. Each gives him a new code serial, so
/// each happens once. Neither number nor card serial is hashed: both are found in a moment by trying.
pub fn witness_enrolment(tx: &mut Tx, payer: &Payer, what: &str, actor: &str) -> Result<()> {
    let text = format!("{}/{what}/{}", payer.payer_id, payer.code_serial);
    witness(tx, FactKind::Enrolment, &payer.payer_id, &text, actor)
}

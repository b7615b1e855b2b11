//! A new payer: his code, his card, his record.

use std::sync::Arc;

use iso_currency::Currency;
use sha2::{Digest, Sha256};

use crate::dialogue::rounds;
use crate::domain::code_card::{CardSerial, RowBitmap};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::payer::{PayerId, PhoneE164};
use crate::domain::payer_code::{DayNumber, PayerCode, SealedPhone};
use crate::domain::payer_code_digits;
use crate::domain::people::{EnrolStep, Payer, PayerState};
use crate::domain::refusal::{Refusal, RefusalKind, Result};
use crate::domain::sale::SaleState;
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
pub fn prepare(shop: &Arc<Shop>, new: NewPayer, approved_by: &str) -> Result<Payer> {
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
        approved_by: approved_by.to_owned(),
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

pub fn enrol(tx: &mut Tx, payer: &Payer, photo: &[u8], approver: &str) -> Result<()> {
    if tx.payer_by_phone(&payer.phone)?.is_some() {
        return Err(number_taken());
    }
    tx.index_phone(&payer.phone, &payer.payer_id)?;
    tx.put_photo(&payer.payer_id, photo)?;
    tx.put_payer(approver, payer)?;
    tx.push(&Effect::new(EffectKind::Enrol, &payer.payer_id))
}

/// What a reset makes anew.
pub struct Renewal {
    pub code: Issued,
    pub card_random: u64,
    pub card_job_id: String,
}

/// Ends a freeze or a lock in person: a new card, whose first row must be answered, and a new payer code, because
/// somebody may have a copy of the old one.
pub fn reset(tx: &mut Tx, payer_id: &str, approver: &str, new: Renewal) -> Result<Payer> {
    let mut payer = tx.payer(payer_id)?;
    if payer.state() == PayerState::Enrolling {
        let message = "the papers of this payer are being printed; there is nothing to reset";
        return Err(Refusal::wrong_state(message));
    }
    if !payer.open_challenge_id.is_empty() {
        let mut challenge = tx.challenge(&payer.open_challenge_id)?;
        rounds::call_off(tx, &mut challenge, approver, 0)?;
        payer = tx.payer(payer_id)?;
    }
    payer.state = PayerState::Enrolling as i32;
    payer.code_serial = u32::from(new.code.serial);
    payer.valid_to = new.code.valid_to;
    payer.code_png_path = new.code.png_path;
    payer.card_serial = CardSerial::from_random(new.card_random).to_string();
    payer.card_job_id = new.card_job_id;
    payer.enrol_step = EnrolStep::Card as i32;
    payer.enrol_rounds = 0;
    payer.rows_burned = RowBitmap::default().to_bytes().to_vec();
    payer.used_code_hashes.clear();
    payer.wrong_since_right = 0;
    payer.not_before_ms = 0;
    tx.put_payer(approver, &payer)?;
    ask_anew(tx, &payer, approver)?;
    tx.push(&Effect::new(EffectKind::Enrol, payer_id))?;
    Ok(payer)
}

/// The payer was found: what waits for him, or was given up, gets three rounds with the new card.
fn ask_anew(tx: &mut Tx, payer: &Payer, approver: &str) -> Result<()> {
    for mut sale in tx.open_sales()? {
        if sale.payer_id != payer.payer_id
            || !matches!(sale.state(), SaleState::Queued | SaleState::Unreachable)
        {
            continue;
        }
        if sale.state() == SaleState::Unreachable {
            sale.advance(SaleState::Queued)?;
        }
        sale.rounds = 0;
        sale.not_before_ms = 0;
        tx.put_sale(approver, &sale)?;
    }
    Ok(())
}

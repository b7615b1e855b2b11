//! A new payer: their code, their card, their record.

use chit_payer_code::{DayNumber, PayerCode, SealedPhone};
use iso_currency::Currency;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::code_card::CardSerial;
use super::record::{Card, CodeCare, IssuedCode, Papers, Payer, PayerState};
use crate::outbox::Effect;
use crate::outbox::fact::FactKind;
use crate::staff::Grant;
use crate::store::{Tx, View};
use crate::values::calendar::DailyCount;
use crate::values::ids::{AccountId, JobId, MandateId, PayerId};
use crate::values::phone::PhoneE164;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};
use crate::values::sms_text::Language;

pub struct NewPayer {
    pub name: String,
    pub phone: PhoneE164,
    pub language: Language,
    /// Who sits with them.
    pub enrolled_by: String,
}

/// Ids and serials of a new payer, made beforehand.
pub struct Fresh {
    pub id: PayerId,
    pub card: CardSerial,
    pub mandate: MandateId,
    pub mandate_job: JobId,
    pub card_job: JobId,
    pub account: AccountId,
}

/// What a payer code says of the shop that issues it.
pub struct Issuer {
    pub number: u16,
    pub key_id: u8,
    pub currency: Currency,
    pub validity_days: u16,
}

pub const FIRST_SERIAL: u16 = 1;
const CONSENT: &str = "chit/consent/v1";

pub fn number_taken() -> Refusal {
    let remedy = "one phone, one payer: this number is enrolled already";
    Refusal { kind: RefusalKind::Conflict, ..Refusal::field("phone", Reason::NUMBER_TAKEN, remedy) }
}

/// The first of these that is no payer's.
pub fn first_free(view: &View, drawn: &[CardSerial]) -> Result<CardSerial> {
    for serial in drawn {
        if view.payer_by_card(*serial)?.is_none() {
            return Ok(*serial);
        }
    }
    Err(Refusal::internal("every card serial that was drawn is a payer's"))
}

/// One card, one payer: an envelope that was scanned before belongs to somebody.
pub fn serial_must_be_free(view: &View, serial: CardSerial) -> Result<()> {
    if view.payer_by_card(serial)?.is_none() {
        return Ok(());
    }
    let remedy = "this card is a payer's already; take another envelope";
    Err(Refusal {
        kind: RefusalKind::Conflict,
        ..Refusal::field("card_serial", Reason::CARD_SERIAL_TAKEN, remedy)
    })
}

/// The payer code of this serial; those of older serials count for nothing then.
pub fn code(
    issuer: &Issuer,
    group_key: &[u8; 32],
    payer: PayerId,
    phone: &PhoneE164,
    serial: u16,
    today: DayNumber,
) -> PayerCode {
    let payer = chit_payer_code::PayerId(payer.0);
    PayerCode {
        issuer: issuer.number,
        key_id: issuer.key_id,
        payer_id: payer,
        from_day: today,
        to_day: DayNumber(today.0.saturating_add(issuer.validity_days)),
        serial,
        limit_class: 0,
        flags: 0,
        currency: issuer.currency,
        consent_hash: consent_hash(),
        sealed_phone: SealedPhone::seal(phone.reveal(), group_key, payer, serial)
            .expect("both sides ask for + and 7 to 15 digits"),
    }
}

pub fn payer(
    new: NewPayer,
    fresh: &Fresh,
    code: IssuedCode,
    traceparent: Option<String>,
    now: Timestamp,
) -> Payer {
    Payer {
        id: fresh.id,
        state: PayerState::Enrolling,
        name: new.name,
        phone: Some(new.phone),
        language: new.language,
        code,
        code_care: CodeCare::None,
        card: Card::new(fresh.card, fresh.card_job),
        wrong_since_right: 0,
        chances_since_right: 0,
        mandate: fresh.mandate,
        mandate_job: fresh.mandate_job,
        papers: Papers::Mandate,
        account: fresh.account,
        open_challenge: None,
        enrolled_at: now,
        enrolled_by: Some(new.enrolled_by),
        unasked: DailyCount::default(),
        answers: DailyCount::default(),
        not_before: None,
        consent: u32::from_be_bytes(consent_hash()),
        traceparent,
        approved_by: String::new(),
        listed: false,
        frozen: false,
        enrol_rounds: 0,
        change: None,
        locked_heard_ms: None,
        forwarded_heard_ms: None,
    }
}

fn consent_hash() -> [u8; 4] {
    let whole: [u8; 32] = Sha256::digest(CONSENT.as_bytes()).into();
    [whole[0], whole[1], whole[2], whole[3]]
}

pub fn enrol(tx: &mut Tx, mut payer: Payer, photo: &[u8], grant: Grant) -> Result<Payer> {
    if let Some(phone) = &payer.phone
        && !tx.payers_by_phone(phone)?.is_empty()
    {
        return Err(number_taken());
    }
    serial_must_be_free(tx, payer.card.serial)?;
    payer.approved_by = grant.record(tx, payer.id)?;
    tx.put_photo(payer.id, photo)?;
    tx.put_payer(&payer.approved_by, &payer)?;
    witness_enrolment(tx, &payer, "enrolled", &payer.approved_by)?;
    tx.push(&Effect::PrintEnrolment { payer: payer.id })?;
    Ok(payer)
}

/// A copy that left the shop shows the payer's code of this serial.
pub fn expose_code(tx: &mut Tx, id: PayerId, serial: Option<u16>) -> Result<()> {
    let mut payer = tx.payer(id)?;
    if payer.state == PayerState::Erased {
        return Ok(());
    }
    if serial.is_some_and(|serial| serial < payer.code.serial) || payer.code_care == CodeCare::Exposed {
        return Ok(());
    }
    payer.code_care = CodeCare::Exposed;
    tx.put_payer("system", &payer)
}

/// Another code for one that was exposed; the payer is at the counter.
pub fn renew_code(tx: &mut Tx, id: PayerId, code: IssuedCode) -> Result<()> {
    let mut payer = tx.payer(id)?;
    if payer.code_care != CodeCare::Exposed || code.serial <= payer.code.serial {
        return Ok(());
    }
    payer.code = code;
    payer.code_care = CodeCare::Renewed;
    tx.put_payer("system", &payer)?;
    witness_enrolment(tx, &payer, "code", "system")
}

/// The ledger witnesses that a payer was enrolled, or has another phone, card or code. Each gives them a new code serial, so
/// each happens once. Neither number nor card serial is hashed: both are found in a moment by trying.
pub fn witness_enrolment(tx: &mut Tx, payer: &Payer, what: &str, actor: &str) -> Result<()> {
    let text = format!("{}/{what}/{}", payer.id, payer.code.serial);
    tx.witness_once(FactKind::Enrolment, payer.id.to_string(), &text, actor)
}

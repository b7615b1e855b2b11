//! Payers, and the photos of their enrolment.

use jiff::civil::Date;

use super::tables::Row;
use super::v2;
use super::work::{Import, numbered, optional, since};
use crate::payer::code_card::{CardSerial, CodeHash, RowBitmap};
use crate::payer::record::{Card, Change, CodeCare, IssuedCode, Papers, Warned, Warning};
use crate::payer::{Payer, PayerState};
use crate::store::records::{self, damaged};
use crate::values::calendar::DailyCount;
use crate::values::ids::PayerId;
use crate::values::phone::PhoneE164;
use crate::values::refusal::Result;
use crate::values::sms_text::Language;
use crate::values::time;

pub fn payer(import: &mut Import<'_>, row: &Row) -> Result<()> {
    let old: v2::Payer = row.record()?;
    let photo = old.photo_jpeg.clone();
    let phone = PhoneE164::new(&old.phone).map_err(|_form| damaged("the payer's number cannot be read"))?;
    let mut payer = from_old(row.id()?, old, phone.clone())?;
    if payer.state == PayerState::Locked {
        // The older program let the days before a bad record run on; from now on they stand.
        let now_ms = import.tx.now.as_millisecond();
        payer.locked_heard_ms = Some(import.heard_ms(now_ms)?);
    }
    import.tx.put_payer("system", &payer)?;
    if !photo.is_empty() {
        import.tx.put_photo(payer.id, &photo)?;
    }
    freeze_namesakes(import, &phone)
}

/// One phone, one payer. The older program compared digits, so one number written in two ways may stand for two payers:
/// both prove anew at the counter which of them has it.
fn freeze_namesakes(import: &mut Import<'_>, phone: &PhoneE164) -> Result<()> {
    let payers = import.tx.payers_by_phone(phone)?;
    if payers.len() < 2 {
        return Ok(());
    }
    for id in payers {
        let mut payer = import.tx.payer(id)?;
        payer.freeze();
        tracing::warn!(payer = %id, "frozen: another payer has the same number, written in another way");
        import.tx.put_payer("system", &payer)?;
    }
    Ok(())
}

pub fn photo(import: &mut Import<'_>, row: &Row) -> Result<()> {
    import.tx.put_photo(row.id()?, &row.value)
}

fn from_old(id: PayerId, old: v2::Payer, phone: PhoneE164) -> Result<Payer> {
    let change = change(&old)?;
    let used: Result<Vec<CodeHash>> =
        old.used_code_hashes.iter().map(|hash| Ok(CodeHash(records::fixed(hash)?))).collect();
    let state = numbered(&PayerState::ALL, |state| state as i32, old.state, "the payer's state")?;
    Ok(Payer {
        id,
        state,
        frozen: state == PayerState::Frozen,
        name: old.name,
        phone: Some(phone),
        language: if old.language == "en" { Language::English } else { Language::Chinese },
        code: IssuedCode {
            serial: u16::try_from(old.code_serial).map_err(|_large| damaged("the code's serial is large"))?,
            valid_to: records::parsed::<Date>(&old.valid_to, "the code's last day")?,
            png_path: old.code_png_path,
        },
        card: Card {
            serial: records::parsed::<CardSerial>(&old.card_serial, "the card's serial")?,
            job: records::parsed(&old.card_job_id, "the card's job")?,
            burned: RowBitmap::from_bytes(records::fixed(&old.rows_burned)?)
                .map_err(|_bits| damaged("the card's rows cannot be read"))?,
            used: used?,
            lost: false,
            issued: None,
        },
        wrong_since_right: records::small(old.wrong_since_right)?,
        chances_since_right: records::small(old.wrong_since_right)?,
        mandate: records::parsed(&old.mandate_id, "the mandate")?,
        mandate_job: records::parsed(&old.mandate_job_id, "the mandate's job")?,
        papers: match old.enrol_step {
            // The photo is taken before anything is stored.
            0 => Papers::Mandate,
            step => numbered(&Papers::ALL, |papers| papers as i32, step, "how far the papers are")?,
        },
        account: records::parsed(&old.account_id, "the payer's account")?,
        open_challenge: optional(&old.open_challenge_id, "the open challenge")?,
        enrolled_at: time::from_ms(old.create_ms),
        enrolled_by: None,
        unasked: daily(&old.unasked_day, old.unasked_count)?,
        answers: daily(&old.answers_day, old.answers_count)?,
        not_before: since(old.not_before_ms),
        consent: old.consent_hash,
        traceparent: records::some_text(old.traceparent),
        approved_by: old.approved_by,
        listed: old.listed,
        enrol_rounds: records::small(old.enrol_rounds)?,
        change,
        locked_heard_ms: None,
        forwarded_heard_ms: None,
        code_care: CodeCare::None,
    })
}

fn daily(day: &str, sent: u32) -> Result<DailyCount> {
    let day = optional(day, "a day")?;
    Ok(day.map_or_else(DailyCount::default, |day| DailyCount {
        day: Some(day),
        sent: u8::try_from(sent).unwrap_or(u8::MAX),
    }))
}

fn change(old: &v2::Payer) -> Result<Option<Change>> {
    let Some(at) = since(old.change_ms) else { return Ok(None) };
    let warning = match optional(&old.warning_message_id, "the warning")? {
        Some(message) if old.change_warning > 0 => Some(Warning {
            state: numbered(&Warned::ALL, |state| state as i32, old.change_warning, "the warning's state")?,
            message,
            sends: records::small(old.warning_sends)?,
            sent_at: time::from_ms(old.warning_ms),
            revision: old.warning_revision,
        }),
        _ => None,
    };
    Ok(Some(Change { at, by: old.changed_by.clone(), with: old.changed_with.clone(), warning }))
}

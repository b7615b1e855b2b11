//! Payers in the store: the record sealed where it is personal, the indexes keyed.

use jiff::civil::Date;

use super::code_card::{CardSerial, CodeHash, Row, RowBitmap, RowCode};
use super::record::{Card, Change, CodeCare, Issued, IssuedCode, Papers, Payer, PayerState, Warned, Warning};
use crate::store::due::{Due, DueKind};
use crate::store::history::{self, Kind};
use crate::store::records::{self, damaged, payer as stored};
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::calendar::DailyCount;
use crate::values::ids::{AccountId, ChallengeId, PayerId};
use crate::values::phone::PhoneE164;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};
use crate::values::sms_text::Language;
use crate::values::time;

impl Tx {
    pub fn put_payer(&mut self, actor: &str, payer: &Payer) -> Result<()> {
        let key = payer.id.0;
        let known = self.find_payer(payer.id)?;
        let before = self.record::<stored::Payer>(Table::Payers, &key)?;
        let record = to_record(self, payer)?;
        let phone_before = known.as_ref().and_then(|known| known.phone.as_ref());
        if phone_before != payer.phone.as_ref() {
            if let Some(phone) = phone_before {
                self.forget_number(phone, payer.id)?;
            }
            if let Some(phone) = &payer.phone {
                self.add_number(phone, payer.id)?;
            }
        }
        if known.as_ref().is_none_or(|known| known.card.serial != payer.card.serial) {
            if let Some(known) = &known {
                let old = card_ref(self, known.card.serial);
                self.remove(Table::CardSerials, &old);
            }
            if payer.state != PayerState::Erased {
                self.set(Table::CardSerials, &record.card, key.to_vec());
            }
        }
        if known.is_none() {
            self.set(Table::PayersByAccount, &payer.account.to_bytes(), key.to_vec());
        }
        self.index(Table::PayerAttention, &key, payer.needs_person());
        self.put(Table::Payers, &key, &record);
        if payer.open_challenge.is_none() {
            self.attend(payer.id);
        }
        let change = history::Change {
            kind: Kind::Payer,
            subject: &key,
            state: payer.state as u32,
            before: before.map(|before| records::body(&public(before))),
            after: records::body(&public(record)),
        };
        self.record_change(actor, &change)
    }

    /// The schedule looks at this payer as soon as it can.
    pub fn attend(&mut self, payer: PayerId) {
        let now = self.now;
        self.schedule(&Due::new(now, DueKind::Attend, &payer.0));
    }

    pub fn put_photo(&mut self, payer: PayerId, jpeg: &[u8]) -> Result<()> {
        let sealed = self.vault().seal(&context(b"photo/", payer), jpeg)?;
        self.set(Table::Photos, &payer.0, sealed);
        Ok(())
    }

    /// Of a payer who is erased.
    pub fn remove_photo(&mut self, payer: PayerId) {
        self.remove(Table::Photos, &payer.0);
    }

    fn add_number(&mut self, phone: &PhoneE164, payer: PayerId) -> Result<()> {
        let key = number_ref(self, phone);
        let mut payers = self.get(Table::Numbers, &key)?.unwrap_or_default();
        payers.extend(payer.0);
        self.set(Table::Numbers, &key, payers);
        Ok(())
    }

    fn forget_number(&mut self, phone: &PhoneE164, payer: PayerId) -> Result<()> {
        let key = number_ref(self, phone);
        let payers = self.get(Table::Numbers, &key)?.unwrap_or_default();
        let others: Vec<u8> =
            payers.chunks_exact(8).filter(|id| **id != payer.0).flatten().copied().collect();
        if others.is_empty() {
            self.remove(Table::Numbers, &key);
        } else {
            self.set(Table::Numbers, &key, others);
        }
        Ok(())
    }
}

impl View {
    pub fn payer(&self, id: PayerId) -> Result<Payer> {
        self.find_payer(id)?.ok_or_else(|| Refusal::not_found(Reason::PAYER_NOT_FOUND, "payer"))
    }

    fn find_payer(&self, id: PayerId) -> Result<Option<Payer>> {
        let record = self.record::<stored::Payer>(Table::Payers, &id.0)?;
        record.map(|record| from_record(self, id, record)).transpose()
    }

    /// JPEG of the enrolment; empty = none.
    pub fn photo(&self, payer: PayerId) -> Result<Vec<u8>> {
        match self.get(Table::Photos, &payer.0)? {
            Some(sealed) => self.vault().open(&context(b"photo/", payer), &sealed),
            None => Ok(Vec::new()),
        }
    }

    /// The payers enrolled with this number; mostly none or one.
    pub fn payers_by_phone(&self, phone: &PhoneE164) -> Result<Vec<PayerId>> {
        let ids = self.get(Table::Numbers, &number_ref(self, phone))?.unwrap_or_default();
        ids.chunks_exact(8).map(|id| Ok(PayerId(records::fixed(id)?))).collect()
    }

    /// The payer who may have sent from one of these numbers: only if exactly one payer has exactly one of them.
    pub fn payer_by_numbers(&self, candidates: &[PhoneE164]) -> Result<Option<Payer>> {
        let mut found = Vec::new();
        for phone in candidates {
            found.extend(self.payers_by_phone(phone)?);
        }
        match found.as_slice() {
            [one] => self.payer(*one).map(Some),
            _ => Ok(None),
        }
    }

    pub fn payer_by_card(&self, serial: CardSerial) -> Result<Option<PayerId>> {
        let id = self.get(Table::CardSerials, &card_ref(self, serial))?;
        id.map(|id| Ok(PayerId(records::fixed(&id)?))).transpose()
    }

    /// A page of payers in the order of their enrolment, after this account.
    pub fn payers_after(&self, account: Option<AccountId>, limit: usize) -> Result<Vec<Payer>> {
        let after = account.map(AccountId::to_bytes);
        let from = after.as_ref().map_or(Seek::Start, |after| Seek::After(after));
        let rows = self.page(Table::PayersByAccount, b"", from, limit)?;
        rows.iter().map(|(_, id)| self.payer(PayerId(records::fixed(id)?))).collect()
    }

    /// Payers whom a person must see to, at most `limit`.
    pub fn payers_in_need(&self, limit: usize) -> Result<Vec<Payer>> {
        let rows = self.page(Table::PayerAttention, b"", Seek::Start, limit)?;
        rows.iter().map(|(id, _)| self.payer(PayerId(records::fixed(id)?))).collect()
    }

    /// Tells one code from the next, of a card whose codes are not known here.
    pub fn code_ref(&self, payer: &Payer, code: &RowCode) -> CodeHash {
        let serial = payer.card.serial.get().to_be_bytes();
        CodeHash(self.vault().keyed(b"row code", &[&serial, code.reveal().as_bytes()].concat()))
    }

    /// Tells one card from the next without showing its serial.
    pub fn card_ref(&self, serial: CardSerial) -> [u8; 16] {
        card_ref(self, serial)
    }
}

fn number_ref(view: &View, phone: &PhoneE164) -> [u8; 16] {
    view.vault().keyed(b"number", phone.canonical().as_bytes())
}

fn card_ref(view: &View, serial: CardSerial) -> [u8; 16] {
    view.vault().keyed(b"card serial", &serial.get().to_be_bytes())
}

fn context(what: &[u8], payer: PayerId) -> Vec<u8> {
    [what, &payer.0].concat()
}

/// Without what is sealed (its bytes change at every write) and without codes.
fn public(record: stored::Payer) -> stored::Payer {
    stored::Payer { personal: Vec::new(), used_codes: Vec::new(), ..record }
}

fn to_record(view: &View, payer: &Payer) -> Result<stored::Payer> {
    let issued = payer.card.issued.as_ref();
    let personal = stored::Personal {
        name: payer.name.clone(),
        phone: payer.phone.as_ref().map(|phone| phone.reveal().to_owned()).unwrap_or_default(),
        card_serial: payer.card.serial.get(),
        issued_rows: issued
            .map(|issued| issued.rows.iter().map(|row| row.get()).collect())
            .unwrap_or_default(),
        issued_id: issued.map(|issued| issued.id.to_vec()).unwrap_or_default(),
    };
    let daily = |count: DailyCount| {
        count.day.map(|day| stored::Daily { day: day.to_string(), sent: count.sent.into() })
    };
    Ok(stored::Payer {
        personal: view.vault().seal(&context(b"payer/", payer.id), &records::body(&personal))?,
        state: payer.state as u32,
        english: payer.language == Language::English,
        code_serial: payer.code.serial.into(),
        valid_to: payer.code.valid_to.to_string(),
        code_png_path: payer.code.png_path.clone(),
        card: view.card_ref(payer.card.serial).to_vec(),
        rows_burned: payer.card.burned.to_bytes().to_vec(),
        wrong_since_right: payer.wrong_since_right.into(),
        chances_since_right: payer.chances_since_right.into(),
        used_codes: payer.card.used.iter().map(|hash| hash.0.to_vec()).collect(),
        mandate_id: payer.mandate.to_bytes().to_vec(),
        mandate_job_id: payer.mandate_job.to_bytes().to_vec(),
        card_job_id: payer.card.job.to_bytes().to_vec(),
        papers: payer.papers as u32,
        account_id: payer.account.to_bytes().to_vec(),
        open_challenge: records::bytes_of(payer.open_challenge.map(ChallengeId::to_bytes)),
        enrolled_ms: payer.enrolled_at.as_millisecond(),
        enrolled_by: payer.enrolled_by.clone(),
        unasked: daily(payer.unasked),
        answers: daily(payer.answers),
        not_before_ms: records::optional_ms(payer.not_before),
        consent: payer.consent,
        traceparent: payer.traceparent.clone().unwrap_or_default(),
        approved_by: payer.approved_by.clone(),
        listed: payer.listed,
        enrol_rounds: payer.enrol_rounds.into(),
        change: payer.change.as_ref().map(change_record),
        locked_heard_ms: payer.locked_heard_ms,
        forwarded_heard_ms: payer.forwarded_heard_ms,
        card_lost: payer.card.lost,
        frozen: payer.frozen,
        code_care: payer.code_care as u32,
    })
}

fn change_record(change: &Change) -> stored::Change {
    let warning = change.warning.as_ref();
    stored::Change {
        at_ms: change.at.as_millisecond(),
        by: change.by.clone(),
        with: change.with.clone(),
        warning: warning.map_or(0, |warning| warning.state as u32),
        message_id: warning.map(|warning| warning.message.to_bytes().to_vec()).unwrap_or_default(),
        sends: warning.map_or(0, |warning| warning.sends.into()),
        sent_ms: warning.map_or(0, |warning| warning.sent_at.as_millisecond()),
        revision: warning.map_or(0, |warning| warning.revision),
    }
}

fn from_record(view: &View, id: PayerId, record: stored::Payer) -> Result<Payer> {
    let personal: stored::Personal =
        records::from_body(&view.vault().open(&context(b"payer/", id), &record.personal)?)?;
    let state = PayerState::ALL.into_iter().find(|state| *state as u32 == record.state);
    let papers = Papers::ALL.into_iter().find(|papers| *papers as u32 == record.papers);
    let care = CodeCare::ALL.into_iter().find(|care| *care as u32 == record.code_care);
    let used: Result<Vec<CodeHash>> =
        record.used_codes.iter().map(|hash| Ok(CodeHash(records::fixed(hash)?))).collect();
    Ok(Payer {
        id,
        state: state.ok_or_else(|| damaged("a payer's state is unknown"))?,
        name: personal.name.clone(),
        phone: phone(&personal)?,
        language: if record.english { Language::English } else { Language::Chinese },
        code: IssuedCode {
            serial: u16::try_from(record.code_serial).map_err(|_| damaged("a code's serial is large"))?,
            valid_to: records::parsed::<Date>(&record.valid_to, "a code's last day")?,
            png_path: record.code_png_path,
        },
        code_care: care.ok_or_else(|| damaged("what a code needs is unknown"))?,
        card: Card {
            serial: CardSerial::new(personal.card_serial).map_err(|_| damaged("a card's serial is large"))?,
            job: records::id(&record.card_job_id)?,
            burned: RowBitmap::from_bytes(records::fixed(&record.rows_burned)?)
                .map_err(|_| damaged("a card's rows cannot be read"))?,
            used: used?,
            lost: record.card_lost,
            issued: issued(&personal)?,
        },
        wrong_since_right: records::small(record.wrong_since_right)?,
        chances_since_right: records::small(record.chances_since_right)?,
        mandate: records::id(&record.mandate_id)?,
        mandate_job: records::id(&record.mandate_job_id)?,
        papers: papers.ok_or_else(|| damaged("a payer's papers are unknown"))?,
        account: records::id(&record.account_id)?,
        open_challenge: records::optional_id(&record.open_challenge)?,
        enrolled_at: time::from_ms(record.enrolled_ms),
        enrolled_by: record.enrolled_by,
        unasked: daily(record.unasked)?,
        answers: daily(record.answers)?,
        not_before: records::optional_time(record.not_before_ms),
        consent: record.consent,
        traceparent: records::some_text(record.traceparent),
        approved_by: record.approved_by,
        listed: record.listed,
        // An older program kept it in the state alone.
        frozen: record.frozen || state == Some(PayerState::Frozen),
        enrol_rounds: records::small(record.enrol_rounds)?,
        change: record.change.map(change).transpose()?,
        locked_heard_ms: record.locked_heard_ms,
        forwarded_heard_ms: record.forwarded_heard_ms,
    })
}

fn phone(personal: &stored::Personal) -> Result<Option<PhoneE164>> {
    if personal.phone.is_empty() {
        return Ok(None);
    }
    PhoneE164::new(&personal.phone).map(Some).map_err(|_| damaged("a payer's number cannot be read"))
}

fn issued(personal: &stored::Personal) -> Result<Option<Issued>> {
    if personal.issued_id.is_empty() {
        return Ok(None);
    }
    let row = |row: &u8| Row::new(*row).map_err(|_| damaged("a row that an issuer assigned is unknown"));
    let rows = personal.issued_rows.iter().map(row).collect::<Result<_>>()?;
    Ok(Some(Issued { id: records::fixed(&personal.issued_id)?, rows }))
}

fn daily(record: Option<stored::Daily>) -> Result<DailyCount> {
    match record {
        Some(daily) => Ok(DailyCount {
            day: Some(records::parsed(&daily.day, "a day")?),
            sent: records::small(daily.sent)?,
        }),
        None => Ok(DailyCount::default()),
    }
}

fn change(record: stored::Change) -> Result<Change> {
    let state = Warned::ALL.into_iter().find(|state| *state as u32 == record.warning);
    let message = records::optional_id(&record.message_id)?;
    let warning = match (state, message) {
        (Some(state), Some(message)) => Some(Warning {
            state,
            message,
            sends: records::small(record.sends)?,
            sent_at: time::from_ms(record.sent_ms),
            revision: record.revision,
        }),
        _ => None,
    };
    Ok(Change { at: time::from_ms(record.at_ms), by: record.by, with: record.with, warning })
}

//! What still has to be done outside: messages, facts, and the entries that send them. An entry keeps its ids, so
//! another service gives a repeated one its first answer.

use super::tables::Row;
use super::v2;
use super::work::{Import, numbered, optional, since};
use crate::outbox::Effect;
use crate::outbox::fact::{Fact, FactKind};
use crate::outbox::message::{Message, Purpose, Window};
use crate::store::records::{self, damaged};
use crate::values::ids::{PayerId, SaleId};
use crate::values::phone::PhoneE164;
use crate::values::refusal::Result;
use crate::values::sms_text::SmsText;

pub fn message(import: &mut Import<'_>, row: &Row) -> Result<()> {
    let old: v2::OutMessage = row.record()?;
    let message = Message {
        id: row.id()?,
        payer: payer_of(import, &old)?,
        to: PhoneE164::new(&old.to).map_err(|_form| damaged("the message's number cannot be read"))?,
        sales: sales(&old.sale_ids)?,
        text: SmsText::new(old.text).ok_or_else(|| damaged("the message's text is too long"))?,
        purpose: numbered(&Purpose::ALL, |purpose| purpose as i32, old.purpose, "the message's purpose")?,
        challenge: optional(&old.challenge_id, "the challenge")?,
        window: Window { not_before: None, not_after: since(old.not_after_ms) },
    };
    import.tx.put_message(&message)
}

fn sales(ids: &[String]) -> Result<Vec<SaleId>> {
    ids.iter().map(|id| records::parsed(id, "a sale")).collect()
}

fn payer_of(import: &Import<'_>, old: &v2::OutMessage) -> Result<PayerId> {
    if let Some(payer) = optional(&old.payer_id, "the payer")? {
        return Ok(payer);
    }
    let challenge: Option<v2::Challenge> = import.old.find("challenges", &old.challenge_id)?;
    let challenge = challenge.ok_or_else(|| damaged("nobody knows whom the message is for"))?;
    records::parsed(&challenge.payer_id, "the payer")
}

pub fn fact(import: &mut Import<'_>, row: &Row) -> Result<()> {
    let old: v2::OutFact = row.record()?;
    import.tx.put_fact(&Fact {
        id: row.id()?,
        kind: numbered(&FactKind::ALL, |kind| kind as i32, old.kind, "the fact's kind")?,
        subject: old.subject_id,
        sha256: records::fixed(&old.sha256)?,
        actor: old.actor,
    });
    Ok(())
}

pub fn entry(import: &mut Import<'_>, row: &Row) -> Result<()> {
    let (old, entry): (v2::Effect, u64) = (row.record()?, row.number()?);
    let effect = effect(import, &old)?;
    import.tx.adopt_entry(entry, &effect)?;
    // A refused batch has no note: its sales are tried one by one now, and each refused one says so itself.
    for sale in effect.sales() {
        let known: Option<v2::Sale> = import.old.find("sales", &sale.to_string())?;
        if let Some(known) =
            known.filter(|known| known.refused_effect == old.kind && !known.far_refusal.is_empty())
        {
            import.tx.note_refusal(entry, &known.far_refusal)?;
        }
    }
    Ok(())
}

fn effect(import: &Import<'_>, old: &v2::Effect) -> Result<Effect> {
    let sale = || records::parsed::<SaleId>(&old.subject_id, "the sale");
    let far = || old.far_id.as_str();
    Ok(match old.kind {
        1 => Effect::Reserve { sale: sale()? },
        2 => Effect::HoldRecording { sale: sale()? },
        3 => Effect::PrintReceipt { sale: sale()? },
        4 => Effect::StopRecording { sale: sale()? },
        5 => Effect::RecordFact {
            fact: records::parsed(&old.subject_id, "the fact")?,
            about: about(import, &old.subject_id)?,
        },
        6 => Effect::VoidPending { sale: sale()? },
        7 => Effect::SendMessage { message: records::parsed(&old.subject_id, "the message")? },
        8 => Effect::CancelMessage { message: records::parsed(&old.subject_id, "the message")? },
        9 => Effect::PostBatch { batch: records::parsed(&old.subject_id, "the batch")? },
        10 => Effect::PostRefund { sale: sale()?, refund: records::parsed(far(), "the refund")? },
        11 => Effect::MoveToBadDebt { sale: sale()?, transfer: records::parsed(far(), "the transfer")? },
        12 => Effect::PostPayment { sale: sale()?, payment: records::parsed(far(), "the payment")? },
        13 => Effect::PostRecovery { sale: sale()?, payment: records::parsed(far(), "the payment")? },
        14 => Effect::PrintEnrolment { payer: records::parsed(&old.subject_id, "the payer")? },
        15 => Effect::PrintCopy { sale: sale()?, job: records::parsed(far(), "the job")? },
        16 => Effect::PrintNotice { sale: sale()?, job: records::parsed(far(), "the job")? },
        17 => Effect::CancelReceipt { sale: sale()? },
        _ => return Err(damaged("the effect is unknown")),
    })
}

/// The sales that wait for a fact: those of the text it is about, or the one it names.
fn about(import: &Import<'_>, fact: &str) -> Result<Vec<SaleId>> {
    if let Some(message) = import.old.find::<v2::OutMessage>("messages", fact)? {
        return sales(&message.sale_ids);
    }
    let known: Option<v2::OutFact> = import.old.find("facts", fact)?;
    let subject = known.ok_or_else(|| damaged("the fact is not there"))?.subject_id;
    let sale: Option<v2::Sale> = import.old.find("sales", &subject)?;
    if sale.is_some() { sales(&[subject]) } else { Ok(Vec::new()) }
}

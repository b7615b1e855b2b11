//! Messages of payers: each is decided and applied in one transaction with the cursor, then acknowledged.

use std::sync::Arc;

use chit_proto::sms_gateway::v1::{AckInboundRequest, ConfirmDeliveredRequest, Inbound, WatchInboundRequest};

use super::{for_ever, sms_states};
use crate::dialogue::answers::Voice;
use crate::dialogue::facts::Dossier;
use crate::dialogue::outcome::{self, Fresh};
use crate::domain::challenge_text::SALES_MAX;
use crate::domain::refusal::Result;
use crate::domain::reply::{self, Reply};
use crate::domain::sale::SmsTrace;
use crate::domain::verification::{self, Outcome};
use crate::saga::Fault;
use crate::shop::Shop;
use crate::store::{Rows, Tx};

const CURSOR: &str = "inbound_seq";
const CONSUMER: &str = "checkout";

pub async fn run(shop: Arc<Shop>) {
    for_ever(&shop, "inbox", || listen(&shop)).await;
}

async fn listen(shop: &Arc<Shop>) -> std::result::Result<(), Fault> {
    let after_seq = shop.store.read(|rows| rows.number(CURSOR)).await?;
    let mut sms = shop.far.sms.clone();
    let request = WatchInboundRequest { after_seq };
    let mut messages = sms.watch_inbound(request).await?.into_inner();
    while let Some(message) = messages.message().await? {
        let Some(inbound) = message.inbound else { continue };
        let seq = inbound.seq;
        let answered = hear(shop, inbound).await?;
        let ack = AckInboundRequest { consumer: CONSUMER.into(), up_to_seq: seq };
        crate::far!(shop.sms.ack_inbound(ack)).await?;
        if let Some(message_id) = answered {
            confirm(shop, &message_id).await;
        }
        shop.wake.notify_one();
    }
    Ok(())
}

/// A reply proves that the challenge arrived, whatever the network reported: an UNKNOWN message is resolved by it.
async fn confirm(shop: &Shop, message_id: &str) {
    let request = ConfirmDeliveredRequest {
        request_id: format!("confirm-{message_id}"),
        message_id: message_id.to_owned(),
    };
    if let Err(status) = crate::far!(shop.sms.confirm_delivered(request)).await {
        tracing::debug!(code = ?status.code(), "the gateway knew already");
    }
}

/// Returns the message id of the challenge that was answered, if one was.
///
/// A message that cannot be applied must not keep those behind it waiting for ever: it is passed over, and told.
pub async fn hear(shop: &Arc<Shop>, inbound: Inbound) -> Result<Option<String>> {
    let fresh = fresh(shop)?;
    let (voice, master, seq) = (shop.voice(), shop.keys.card_master.clone(), inbound.seq);
    let heard = shop
        .store
        .write(move |tx| {
            if inbound.seq <= tx.number(CURSOR)? {
                return Ok(None);
            }
            tx.set_number(CURSOR, inbound.seq)?;
            if inbound.over_rate {
                // A machine guesses or floods: nothing is tried, nothing is answered.
                return Ok(None);
            }
            decide(tx, &voice, &master, &inbound, fresh)
        })
        .await;
    match heard {
        Err(refusal) if refusal.is_about_the_request() => {
            tracing::error!(seq, %refusal, "a payer's message could not be applied");
            shop.store.write(move |tx| tx.set_number(CURSOR, seq)).await?;
            Ok(None)
        }
        heard => heard,
    }
}

pub fn fresh(shop: &Shop) -> Result<Fresh> {
    // One dispute a sale, and one witnessed result.
    let ids: Result<Vec<String>> = (0..=SALES_MAX).map(|_| shop.new_ulid()).collect();
    Ok(Fresh { answer_id: shop.new_ulid()?, ids: ids? })
}

fn decide(
    tx: &mut Tx,
    voice: &Voice,
    master: &[u8; 32],
    inbound: &Inbound,
    fresh: Fresh,
) -> Result<Option<String>> {
    let reply = reply::parse(&inbound.text);
    let Some(payer) = tx.payer_by_phone(&inbound.from_e164)? else {
        return of_stranger(tx, voice, master, inbound, &reply, fresh);
    };
    let dossier = Dossier::read(tx, master, payer)?;
    let (outcome, code) = outcome_of(&dossier, &reply, received_ms(inbound, tx.now_ms), true)?;
    // A payer's phone is "another number" for every other payer: he may report a found card, or lend his phone.
    let for_another = match outcome {
        Outcome::Ignored => matches!(reply, Reply::Lost { .. }),
        Outcome::NothingOpen => matches!(reply, Reply::Code(_) | Reply::RowAndCode { .. }),
        _ => false,
    };
    if for_another && concerns_another(tx, master, &reply)? {
        return of_stranger(tx, voice, master, inbound, &reply, fresh);
    }
    of_payer(tx, voice, dossier, inbound, &outcome, code, fresh)
}

/// When it reached the modem; checkout may hear of it later.
fn received_ms(inbound: &Inbound, now_ms: i64) -> i64 {
    let received = inbound.receive_time.as_ref().and_then(chit_runtime::clock::from_proto);
    received.map_or(now_ms, |at| at.as_millisecond().min(now_ms))
}

fn concerns_another(tx: &Tx, master: &[u8; 32], reply: &Reply) -> Result<bool> {
    for payer in tx.payers()? {
        let dossier = Dossier::read(tx, master, payer)?;
        let (outcome, _) = outcome_of(&dossier, reply, tx.now_ms, false)?;
        if matches!(outcome, Outcome::Frozen | Outcome::Held { .. }) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn of_payer(
    tx: &mut Tx,
    voice: &Voice,
    dossier: Dossier,
    inbound: &Inbound,
    outcome: &Outcome,
    code: Code,
    fresh: Fresh,
) -> Result<Option<String>> {
    let answered = answered(outcome).and_then(|at| dossier.challenges.get(at));
    let answered = answered.map(|challenge| challenge.message_id.clone());
    if let Some(challenge) = dossier.challenges.last() {
        trace_reply(tx, &challenge.sale_ids.clone(), inbound)?;
    }
    outcome::apply(tx, voice, dossier, outcome, code, fresh)?;
    Ok(answered)
}

/// The challenge that the payer must have read to send this.
fn answered(outcome: &Outcome) -> Option<usize> {
    match outcome {
        Outcome::Verified { challenge, .. }
        | Outcome::LateVerified { challenge, .. }
        | Outcome::Rejected { challenge, .. }
        | Outcome::WrongGoodsDispute { challenge, .. } => Some(*challenge),
        Outcome::WrongTry { on, .. } | Outcome::ChallengeOver { on, .. } | Outcome::CardLocked { on, .. } => {
            on.last().copied()
        }
        _ => None,
    }
}

/// From any number: LOST with the card's serial freezes silently, and a right code makes us ask the enrolled number.
/// Everything else from strangers gets no answer.
fn of_stranger(
    tx: &mut Tx,
    voice: &Voice,
    master: &[u8; 32],
    inbound: &Inbound,
    reply: &Reply,
    fresh: Fresh,
) -> Result<Option<String>> {
    if !matches!(reply, Reply::Code(_) | Reply::RowAndCode { .. } | Reply::Lost { card_serial: Some(_) }) {
        return Ok(None);
    }
    for payer in tx.payers()? {
        let dossier = Dossier::read(tx, master, payer)?;
        let (outcome, code) = outcome_of(&dossier, reply, tx.now_ms, false)?;
        if matches!(outcome, Outcome::Frozen | Outcome::Held { .. }) {
            if let Some(challenge) = dossier.challenges.last() {
                trace_reply(tx, &challenge.sale_ids.clone(), inbound)?;
            }
            outcome::apply(tx, voice, dossier, &outcome, code, fresh)?;
            return Ok(None);
        }
    }
    Ok(None)
}

type Code = Option<crate::domain::code_card::CodeHash>;

pub fn outcome_of(dossier: &Dossier, reply: &Reply, now_ms: i64, enrolled: bool) -> Result<(Outcome, Code)> {
    let now = crate::dialogue::facts::timestamp(now_ms)?;
    let hash_of = |code: &crate::domain::code_card::RowCode| dossier.key.code_hash(code);
    let outcome = verification::decide(&dossier.facts, &dossier.card, reply, now, enrolled, hash_of);
    let code = match reply {
        Reply::Code(code) | Reply::RowAndCode { code, .. } => Some(dossier.key.code_hash(code)),
        _ => None,
    };
    Ok((outcome, code))
}

fn trace_reply(tx: &mut Tx, sale_ids: &[String], inbound: &Inbound) -> Result<()> {
    for sale_id in sale_ids {
        let mut sale = tx.sale(sale_id)?;
        sale.trace_sms(SmsTrace {
            message_id: format!("in-{}", inbound.seq),
            inbound: true,
            state: "RECEIVED".into(),
            text_chars: inbound.text_chars,
            encoding: sms_states::encoding(inbound.encoding()),
            purpose: "REPLY".into(),
            revision: 0,
        });
        tx.put_sale("payer", &sale)?;
    }
    Ok(())
}

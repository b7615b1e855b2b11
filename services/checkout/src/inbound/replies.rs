//! Messages of payers: each is decided and applied in one transaction with the cursor, then acknowledged.

use std::sync::Arc;

use chit_proto::sms_gateway::v1::{AckInboundRequest, ConfirmDeliveredRequest, Inbound, WatchInboundRequest};
use chit_runtime::failpoint;

use super::for_ever;
use super::message_states::alphabet_of;
use crate::context::Shop;
use crate::payer::code_card::RowCode;
use crate::peers::{Fault, peer};
use crate::texts::challenge_text::SALES_MAX;
use crate::values::ids::MessageId;
use crate::values::phone::PhoneE164;
use crate::values::refusal::Result;
use crate::values::time;
use crate::verification::forward::Sealed;
use crate::verification::hearing::{self, Heard};
use crate::verification::{Fresh, reply};

const CURSOR: &str = "inbound_seq";
const CONSUMER: &str = "checkout";

pub async fn run(shop: Arc<Shop>) {
    for_ever(&shop, "replies", || listen(&shop)).await;
}

async fn listen(shop: &Arc<Shop>) -> std::result::Result<(), Fault> {
    let after_seq = shop.store.read(|view| view.counter(CURSOR)).await?;
    let mut sms = shop.peers.sms.clone();
    let request = WatchInboundRequest { after_seq };
    let mut messages = sms.watch_inbound(request).await?.into_inner();
    while let Some(message) = messages.message().await? {
        let Some(inbound) = message.inbound else { continue };
        let seq = inbound.seq;
        let answered = hear(shop, inbound).await?;
        failpoint("checkout/inbound/committed");
        let ack = AckInboundRequest { consumer: CONSUMER.into(), up_to_seq: seq };
        peer!(shop.sms.ack_inbound(ack)).await?;
        if let Some(message) = answered {
            confirm(shop, message).await;
        }
    }
    Ok(())
}

/// A reply proves that the challenge arrived, whatever the network reported: an UNKNOWN message is resolved by it.
async fn confirm(shop: &Shop, id: MessageId) {
    let request = ConfirmDeliveredRequest { request_id: format!("confirm-{id}"), message_id: id.to_string() };
    if let Err(status) = peer!(shop.sms.confirm_delivered(request)).await {
        tracing::debug!(code = ?status.code(), "the gateway knew already");
    }
}

/// Returns the message of the challenge that was answered, if one was.
///
/// A message that cannot be applied must not keep those behind it waiting for ever: it is passed over, and noted.
pub async fn hear(shop: &Arc<Shop>, inbound: Inbound) -> Result<Option<MessageId>> {
    let fresh = Fresh { sealed: sealed(shop, reply::parse(&inbound.text).code())?, ..fresh(shop)? };
    let (voice, verifier, seq) = (shop.voice.clone(), shop.verifier.clone(), inbound.seq);
    let numbers = numbers(&inbound);
    let heard = shop
        .store
        .write(move |tx| {
            if inbound.seq <= tx.counter(CURSOR)? {
                return Ok(None);
            }
            tx.set_counter(CURSOR, inbound.seq);
            if inbound.over_rate {
                // A machine guesses or floods: nothing is tried, nothing is answered.
                tx.keep_with_the_next();
                return Ok(None);
            }
            let received = inbound.receive_time.as_ref().and_then(chit_runtime::clock::from_proto);
            let received = received.unwrap_or(tx.now).min(tx.now);
            let heard = Heard {
                seq: inbound.seq,
                text_chars: inbound.text_chars,
                alphabet: alphabet_of(inbound.encoding()),
                heard_ms: tx.heard_ms(tx.now)? - time::ms_between(received, tx.now),
                text: inbound.text,
            };
            let decided = match tx.payer_by_numbers(&numbers)? {
                Some(payer) => hearing::from_payer(tx, &voice, &*verifier, payer, &heard, fresh),
                None => hearing::from_stranger(tx, &voice, &heard).map(|()| None),
            };
            failpoint("checkout/inbound/decided");
            decided
        })
        .await;
    match heard {
        Err(refusal) if refusal.is_about_the_request() => {
            tracing::error!(seq, %refusal, "a payer's message could not be applied");
            let passed = move |tx: &mut crate::store::Tx| {
                tx.set_counter(CURSOR, seq);
                Ok(())
            };
            shop.store.write(passed).await?;
            Ok(None)
        }
        heard => heard,
    }
}

/// Every number that the sender may mean.
fn numbers(inbound: &Inbound) -> Vec<PhoneE164> {
    let several = inbound.from_candidates.iter();
    let one = Some(&inbound.from_e164).filter(|_| inbound.from_candidates.is_empty());
    several.chain(one).filter_map(|number| PhoneE164::new(number).ok()).collect()
}

/// One dispute a sale, one witnessed result, one answer.
pub fn fresh(shop: &Shop) -> Result<Fresh> {
    let disputes: Result<Vec<_>> = (0..SALES_MAX).map(|_| shop.new_id()).collect();
    Ok(Fresh { answer: shop.new_id()?, disputes: disputes?, fact: shop.new_id()?, sealed: None })
}

/// The code for the issuer, where one judges: from here on nobody in this shop can read it.
pub fn sealed(shop: &Shop, code: Option<&RowCode>) -> Result<Option<Sealed>> {
    let (Some(issuer), Some(code)) = (&shop.issuer, code) else { return Ok(None) };
    let id = shop.new_id()?;
    Ok(Some(Sealed { id, code: issuer.seal(id, code)? }))
}

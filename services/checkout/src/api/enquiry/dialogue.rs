//! The texts of a sale's SMS dialogue: ours as checkout wrote them, the payer's as the gateway keeps them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chit_proto::checkout::v1::DialogueText;
use chit_proto::sms_gateway::v1::{GetMessageRequest, Inbound, ListInboundRequest};
use tonic::Status;

use crate::api::convert;
use crate::collection::{SmsTrace, Subject, TraceId};
use crate::context::Shop;
use crate::peers::peer;
use crate::store::View;
use crate::values::ids::MessageId;

/// Pages of the inbox that are searched for a payer's messages, newest first.
const INBOX_PAGES_MAX: usize = 20;
const INBOX_PAGE: u32 = 1000;

pub async fn of(shop: &Arc<Shop>, traces: Vec<SmsTrace>) -> Result<Vec<DialogueText>, Status> {
    let ids: Vec<MessageId> = traces.iter().filter_map(ours).collect();
    let look = move |view: &View| {
        let mut texts = BTreeMap::new();
        for id in ids {
            if let Some(message) = view.message(id)? {
                texts.insert(id, message.text.as_str().to_owned());
            }
        }
        Ok(texts)
    };
    let sent: BTreeMap<MessageId, String> = shop.store.read(look).await?;
    // The goods are shown although the gateway is away; then the payer's words are missing.
    let received = received(shop, &traces).await.unwrap_or_else(|status| {
        tracing::warn!(code = ?status.code(), "an enquiry without the payer's messages");
        BTreeMap::new()
    });
    let mut dialogue = Vec::with_capacity(traces.len());
    for trace in &traces {
        let (text, time) = match trace.id {
            TraceId::Theirs(seq) => received
                .get(&seq)
                .map(|inbound| (inbound.text.clone(), inbound.receive_time))
                .unwrap_or_default(),
            TraceId::Ours(id) => {
                (sent.get(&id).cloned().unwrap_or_default(), submit_time(shop, id.to_string()).await)
            }
        };
        dialogue.push(DialogueText {
            message_id: trace.id.to_string(),
            inbound: trace.subject == Subject::Reply,
            text,
            purpose: convert::purpose(trace.subject),
            state: convert::progress(trace.progress),
            time,
        });
    }
    Ok(dialogue)
}

fn ours(trace: &SmsTrace) -> Option<MessageId> {
    match trace.id {
        TraceId::Ours(id) => Some(id),
        TraceId::Theirs(_) => None,
    }
}

async fn received(shop: &Arc<Shop>, traces: &[SmsTrace]) -> Result<BTreeMap<u64, Inbound>, Status> {
    let mut found = BTreeMap::new();
    let theirs = |trace: &SmsTrace| match trace.id {
        TraceId::Theirs(seq) => Some(seq),
        TraceId::Ours(_) => None,
    };
    let wanted: Vec<u64> = traces.iter().filter_map(theirs).collect();
    let mut page_token = String::new();
    for _page in 0..INBOX_PAGES_MAX {
        if found.len() == wanted.len() {
            break;
        }
        let request = ListInboundRequest { page_size: INBOX_PAGE, page_token };
        let answer = peer!(shop.sms.list_inbound(request)).await?;
        found.extend(answer.inbound.into_iter().filter(|m| wanted.contains(&m.seq)).map(|m| (m.seq, m)));
        if answer.next_page_token.is_empty() {
            break;
        }
        page_token = answer.next_page_token;
    }
    Ok(found)
}

/// A message the gateway does not know has not been handed over yet.
async fn submit_time(shop: &Arc<Shop>, message_id: String) -> Option<prost_types::Timestamp> {
    let request = GetMessageRequest { message_id };
    let answer = peer!(shop.sms.get_message(request)).await.ok()?;
    answer.message?.submit_time
}

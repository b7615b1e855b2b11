//! The texts of a sale's SMS dialogue: ours as checkout wrote them, the payer's as the gateway keeps them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chit_proto::checkout::v1::DialogueText;
use chit_proto::sms_gateway::v1::{GetMessageRequest, Inbound, ListInboundRequest};
use tonic::Status;

use crate::domain::refusal::Result as Found;
use crate::domain::sale::{Sale, SmsTrace};
use crate::shop::Shop;
use crate::store::Rows;

/// Pages of the inbox that are searched for a payer's messages, newest first.
const INBOX_PAGES_MAX: usize = 20;
const INBOX_PAGE: u32 = 1000;

pub async fn of(shop: &Arc<Shop>, sale: &Sale) -> Result<Vec<DialogueText>, Status> {
    let ids: Vec<String> = sale.sms.iter().map(|trace| trace.message_id.clone()).collect();
    let sent: BTreeMap<String, String> = shop
        .store
        .read(move |rows| {
            let texts = ids.iter().filter_map(|id| rows.message(id).transpose());
            texts.map(|message| message.map(|m| (m.message_id, m.text))).collect::<Found<_>>()
        })
        .await?;
    // The goods are shown although the gateway is away; then the payer's words are missing.
    let received = received(shop, sale).await.unwrap_or_else(|status| {
        tracing::warn!(code = ?status.code(), "an enquiry without the payer's messages");
        BTreeMap::new()
    });
    let mut dialogue = Vec::with_capacity(sale.sms.len());
    for trace in &sale.sms {
        let (text, time) = match seq_of(trace) {
            Some(seq) => received
                .get(&seq)
                .map(|inbound| (inbound.text.clone(), inbound.receive_time))
                .unwrap_or_default(),
            None => {
                let text = sent.get(&trace.message_id).cloned().unwrap_or_default();
                (text, submit_time(shop, &trace.message_id).await)
            }
        };
        dialogue.push(DialogueText {
            message_id: trace.message_id.clone(),
            inbound: trace.inbound,
            text,
            purpose: trace.purpose.clone(),
            state: trace.state.clone(),
            time,
        });
    }
    Ok(dialogue)
}

fn seq_of(trace: &SmsTrace) -> Option<u64> {
    trace.inbound.then(|| trace.message_id.strip_prefix("in-")?.parse().ok())?
}

async fn received(shop: &Arc<Shop>, sale: &Sale) -> Result<BTreeMap<u64, Inbound>, Status> {
    let mut found = BTreeMap::new();
    let wanted: Vec<u64> = sale.sms.iter().filter_map(seq_of).collect();
    let mut page_token = String::new();
    for _page in 0..INBOX_PAGES_MAX {
        if found.len() == wanted.len() {
            break;
        }
        let request = ListInboundRequest { page_size: INBOX_PAGE, page_token };
        let answer = crate::far!(shop.sms.list_inbound(request)).await?;
        found.extend(answer.inbound.into_iter().filter(|m| wanted.contains(&m.seq)).map(|m| (m.seq, m)));
        if answer.next_page_token.is_empty() {
            break;
        }
        page_token = answer.next_page_token;
    }
    Ok(found)
}

/// A message the gateway does not know has not been handed over yet.
async fn submit_time(shop: &Arc<Shop>, message_id: &str) -> Option<prost_types::Timestamp> {
    let request = GetMessageRequest { message_id: message_id.to_owned() };
    let answer = crate::far!(shop.sms.get_message(request)).await.ok()?;
    answer.message?.submit_time
}

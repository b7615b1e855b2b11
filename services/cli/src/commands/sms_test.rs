//! `chit sms test`: an SMS to the shop's own number, there and back.

use std::time::{Duration, Instant};

use chit_proto::sms_gateway::v1::{
    Inbound, ListInboundRequest, ListModemsRequest, Message, MessageClass, MessageState, SendMessageRequest,
    WatchInboundRequest,
};
use serde_json::json;
use tokio::time::timeout;

use super::sms_send::{is_under_way, settled};
use crate::failure::Failure;
use crate::ids;
use crate::shop::{Shop, ask};
use crate::view;

/// Of the message's ULID: tells this test's SMS from any other.
const MARK_CHARS: usize = 8;

pub async fn run(shop: &Shop, own_number: String, wait: Duration) -> Result<(), Failure> {
    let client = shop.sms();
    let newest =
        ask!(client.list_inbound(ListInboundRequest { page_size: 1, page_token: String::new() })).await?;
    let after_seq = newest.inbound.first().map_or(0, |inbound| inbound.seq);
    let message_id = ids::ulid()?;
    let mark = message_id[message_id.len() - MARK_CHARS..].to_owned();
    let request = SendMessageRequest {
        message_id,
        to: own_number,
        text: format!("Chit test {mark}"),
        class: MessageClass::Notice.into(),
        priority: 1,
        ..SendMessageRequest::default()
    };
    let began = Instant::now();
    let queued = ask!(client.send_message(request)).await?.message.unwrap_or_default();
    let sent = match timeout(wait, settled(shop, &queued)).await {
        Ok(sent) => sent?,
        Err(_) => queued,
    };
    let out_s = began.elapsed().as_secs_f64();
    if is_under_way(&sent) || sent.state() == MessageState::Failed {
        return Err(not_out(&sent, wait));
    }
    let back = timeout(wait.saturating_sub(began.elapsed()), arrival(shop, after_seq, &mark)).await;
    let back = back.ok().transpose()?;
    let modems = ask!(client.list_modems(ListModemsRequest {})).await?.modems;
    let bearer = modems.iter().find(|modem| modem.name == sent.modem).map(|modem| modem.bearer.clone());
    let text = told(&sent, out_s, back.as_ref(), began, bearer.as_deref().unwrap_or_default());
    let back_s = back.as_ref().map(|_| began.elapsed().as_secs_f64());
    let value = json!({
        "state": view::message_json(&sent)["state"],
        "out_s": out_s,
        "round_trip_s": back_s,
        "bearer": bearer,
        "from_candidates": back.as_ref().map(|back| back.from_candidates.len()),
    });
    shop.output.result(text, &value);
    match back {
        Some(_) => Ok(()),
        None => Err(Failure::other(
            "SMS_TEST_NOT_BACK",
            format!(
                "the network took the message, and it did not come back within {} s: replies would not either; see `chit sms modem list` for storage and signal",
                wait.as_secs()
            ),
        )),
    }
}

fn not_out(message: &Message, wait: Duration) -> Failure {
    let why = match message.failure_reason.as_str() {
        "" => "no modem took it; see `chit doctor`".to_owned(),
        reason => format!("the last refusal was {reason}"),
    };
    Failure::other("SMS_NOT_SENT", format!("the test did not go out within {} s: {why}", wait.as_secs()))
}

async fn arrival(shop: &Shop, after_seq: u64, mark: &str) -> Result<Inbound, Failure> {
    let request = WatchInboundRequest { after_seq };
    let mut news = shop.sms().watch_inbound(request).await?.into_inner();
    while let Some(next) = news.message().await? {
        let inbound = next.inbound.unwrap_or_default();
        if inbound.text.contains(mark) {
            return Ok(inbound);
        }
    }
    Err(Failure::other("SERVICE_STOPPING", "sms-gateway restarted; run the test again"))
}

fn told(sent: &Message, out_s: f64, back: Option<&Inbound>, began: Instant, bearer: &str) -> String {
    let mut rows = vec![
        ("out", format!("the network took it after {out_s:.1} s")),
        ("bearer", bearer.to_owned()),
        ("modem", sent.modem.clone()),
    ];
    if let Some(back) = back {
        rows.push(("back", format!("{:.1} s after it was sent", began.elapsed().as_secs_f64())));
        let sender = match back.from_candidates.len() {
            0 => "the network writes the sender so that no number can be read: payers cannot answer",
            1 => "the network's way of writing the sender is understood",
            _ => {
                "the network writes the sender so that it may mean several numbers; an enrolled one is found"
            }
        };
        rows.push(("sender", sender.to_owned()));
    }
    view::table(&rows)
}

//! What became of the messages we sent, as the gateway tells it.

use std::sync::Arc;

use chit_proto::sms_gateway::v1::{Encoding, Message, MessageState, WatchMessagesRequest};
use chit_runtime::failpoint;

use super::for_ever;
use crate::collection::Alphabet;
use crate::context::Shop;
use crate::outbox::message::Progress;
use crate::peers::Fault;
use crate::values::ids::MessageId;
use crate::verification::{Report, progress};

const CURSOR: &str = "sms_revision";

pub async fn run(shop: Arc<Shop>) {
    for_ever(&shop, "messages", || listen(&shop)).await;
}

async fn listen(shop: &Arc<Shop>) -> std::result::Result<(), Fault> {
    let after_revision = shop.store.read(|view| view.counter(CURSOR)).await?;
    let mut sms = shop.peers.sms.clone();
    let request = WatchMessagesRequest { after_revision };
    let mut changes = sms.watch_messages(request).await?.into_inner();
    while let Some(change) = changes.message().await? {
        let Some(known) = change.message else { continue };
        shop.store
            .write(move |tx| {
                let ours = match known.message_id.parse::<MessageId>() {
                    Ok(id) => tx.message(id)?,
                    Err(_not_ours) => None,
                };
                if let Some(message) = ours {
                    progress::note(tx, &message, &report_of(&known))?;
                }
                let newest = known.revision.max(tx.counter(CURSOR)?);
                tx.set_counter(CURSOR, newest);
                failpoint("checkout/message_state/noted");
                Ok(())
            })
            .await?;
    }
    Ok(())
}

pub fn report_of(known: &Message) -> Report {
    Report {
        progress: progress_of(known.state()),
        revision: known.revision,
        text_chars: known.text_chars,
        alphabet: alphabet_of(known.encoding()),
        submitted_at: known.submit_time.as_ref().and_then(chit_runtime::clock::from_proto),
    }
}

fn progress_of(state: MessageState) -> Progress {
    match state {
        MessageState::Unspecified | MessageState::Queued => Progress::Queued,
        MessageState::Submitting => Progress::Submitting,
        MessageState::Submitted => Progress::Submitted,
        MessageState::Delivered => Progress::Delivered,
        MessageState::Undelivered => Progress::Undelivered,
        MessageState::ReportTimeout => Progress::ReportTimeout,
        MessageState::RetryWait => Progress::RetryWait,
        MessageState::Unknown => Progress::Unknown,
        MessageState::Failed => Progress::Failed,
        MessageState::Expired => Progress::Expired,
        MessageState::Cancelled => Progress::Cancelled,
    }
}

pub(super) fn alphabet_of(encoding: Encoding) -> Alphabet {
    match encoding {
        Encoding::Unspecified => Alphabet::Unknown,
        Encoding::Gsm7 => Alphabet::Gsm7,
        Encoding::Ucs2 => Alphabet::Ucs2,
        Encoding::Encoding8bit => Alphabet::Octets,
    }
}

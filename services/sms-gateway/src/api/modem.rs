//! GetModem and WatchModem: what the driver says, with the counts of the outbox.

use super::{Streamed, pb};
use crate::device::{ModemState, ModemStatus};
use crate::store::Store;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

pub async fn read(store: &Arc<Store>, modem: &watch::Receiver<ModemStatus>) -> Result<pb::Modem, Status> {
    let counts = store.run(Store::counts).await?;
    let status = modem.borrow().clone();
    Ok(pb::Modem {
        state: state(status.state).into(),
        port: status.port,
        model: status.model,
        signal: status.signal,
        queued: counts.waiting,
        storage_used: status.storage_used,
        storage_total: status.storage_total,
        unknown: counts.unknown,
    })
}

pub fn follow(
    store: Arc<Store>,
    mut modem: watch::Receiver<ModemStatus>,
) -> Streamed<pb::WatchModemResponse> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut outbox = store.watch_revision();
        let mut last = None;
        loop {
            modem.mark_unchanged();
            outbox.mark_unchanged();
            let now = read(&store, &modem).await;
            let failed = now.is_err();
            if failed || now.as_ref().ok() != last.as_ref() {
                last = now.as_ref().ok().cloned();
                let answer = now.map(|modem| pb::WatchModemResponse { modem: Some(modem) });
                if sender.send(answer).await.is_err() || failed {
                    return;
                }
            }
            tokio::select! {
                changed = modem.changed() => if changed.is_err() { return },
                changed = outbox.changed() => if changed.is_err() { return },
                () = sender.closed() => return,
            }
        }
    });
    Box::pin(ReceiverStream::new(receiver))
}

fn state(state: ModemState) -> pb::ModemState {
    match state {
        ModemState::Absent => pb::ModemState::Absent,
        ModemState::Opening => pb::ModemState::Opening,
        ModemState::SimLocked => pb::ModemState::SimLocked,
        ModemState::SimPuk => pb::ModemState::SimPuk,
        ModemState::NoNetwork => pb::ModemState::NoNetwork,
        ModemState::Ready => pb::ModemState::Ready,
        ModemState::Degraded => pb::ModemState::Degraded,
        ModemState::Failed => pb::ModemState::Failed,
    }
}

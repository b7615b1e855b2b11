//! Modems on the wire: what the drivers say, with the counts of the outbox.

use super::{Streamed, pb};
use crate::device::fleet::{Fleet, any_changed};
use crate::device::{ClockSource, ModemState, ModemStatus};
use crate::store::{Counts, Store};
use chit_runtime::clock::to_proto;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// The one that can do most now.
pub async fn read(store: &Arc<Store>, fleet: &Fleet) -> Result<pb::Modem, Status> {
    let counts = store.run(Store::counts).await?;
    let status = fleet.best().map(|member| member.status.borrow().clone());
    Ok(encode(&status.unwrap_or_else(|| ModemStatus::absent("", "")), counts))
}

pub async fn read_all(store: &Arc<Store>, fleet: &Fleet) -> Result<Vec<pb::Modem>, Status> {
    let counts = store.run(Store::counts).await?;
    Ok(fleet.members.iter().map(|member| encode(&member.status.borrow(), counts)).collect())
}

fn encode(status: &ModemStatus, counts: Counts) -> pb::Modem {
    pb::Modem {
        state: state(status.state).into(),
        port: status.port.clone(),
        model: status.model.clone(),
        signal: status.signal,
        queued: counts.waiting,
        storage_used: status.storage_used,
        storage_total: status.storage_total,
        unknown: counts.unknown,
        name: status.name.clone(),
        trouble: status.trouble.to_owned(),
        limited_until: status.limited_until.map(to_proto),
        reports_missing: !status.reports,
        bearer: status.bearer.to_owned(),
        credit: status.credit.clone(),
        credit_time: status.credit_at.map(to_proto),
        credit_low: status.credit_low,
        network_clock: status.clock.map(|clock| pb::NetworkClock {
            network_time: Some(to_proto(clock.network)),
            local_time: Some(to_proto(clock.at)),
            source: match clock.source {
                ClockSource::Nitz => "NITZ",
                ClockSource::ServiceCentre => "SERVICE_CENTRE",
            }
            .to_owned(),
        }),
    }
}

pub fn follow(store: Arc<Store>, fleet: Arc<Fleet>) -> Streamed<pb::WatchModemResponse> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut outbox = store.watch_revision();
        let mut modems: Vec<_> = fleet.members.iter().map(|member| member.status.clone()).collect();
        let mut last = None;
        loop {
            modems.iter_mut().for_each(tokio::sync::watch::Receiver::mark_unchanged);
            outbox.mark_unchanged();
            let now = read(&store, &fleet).await;
            let failed = now.is_err();
            if failed || now.as_ref().ok() != last.as_ref() {
                last = now.as_ref().ok().cloned();
                let answer = now.map(|modem| pb::WatchModemResponse { modem: Some(modem) });
                if sender.send(answer).await.is_err() || failed {
                    return;
                }
            }
            tokio::select! {
                changed = any_changed(&mut modems) => if changed.is_err() { return },
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

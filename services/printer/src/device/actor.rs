//! The one owner of the printer: opens the link, hands it to a session, opens it again when it is lost.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::link::PrinterLink;
use super::order::Refusal;
use super::session::{Ended, Session};
use super::station::Station;
use crate::domain::condition::Condition;

const RECONNECT_MIN: Duration = Duration::from_millis(100);
const RECONNECT_MAX: Duration = Duration::from_secs(2);

/// Why the link is tried again.
enum Again {
    InTime,
    PluggedIn,
}

/// Runs until shutdown.
pub async fn run<L: PrinterLink + Sync>(station: Station<L>) {
    let mut pause = RECONNECT_MIN;
    let mut told = String::new();
    while !station.shutdown.is_triggered() {
        let opened = tokio::select! {
            opened = station.link.open() => opened,
            () = station.shutdown.wait() => return,
        };
        let why = match opened {
            Ok((reader, writer)) => {
                let mut session = Session::new(&station, reader, writer);
                let ended = session.run().await;
                if session.was_answered() {
                    pause = RECONNECT_MIN;
                    told.clear();
                }
                session.leave().await;
                match ended {
                    Ended::Asked => return,
                    lost => lost.to_string(),
                }
            }
            Err(error) => error.to_string(),
        };
        if why != told {
            tracing::warn!(link = %station.link.name(), why, "no connection to the printer");
            told = why;
        }
        pause = match offline(&station, pause).await {
            Again::InTime => (pause * 2).min(RECONNECT_MAX),
            Again::PluggedIn => RECONNECT_MIN,
        };
    }
}

/// Waits for the next try; jobs that come meanwhile learn that the printer is offline.
async fn offline<L: PrinterLink + Sync>(station: &Station<L>, pause: Duration) -> Again {
    station.status.send_modify(|status| {
        status.condition = Condition::Offline;
        status.printing = false;
    });
    let jitter = pause.mul_f64(f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX) / 4.0);
    let again = Instant::now() + pause + jitter;
    let mut changes = station.journal.changes();
    let mut orders = station.orders.lock().await;
    let returned = station.link.returned();
    tokio::pin!(returned);
    loop {
        if let Err(error) = station.journal.block_waiting(Condition::Offline).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "cannot journal that the printer is offline"
            );
        }
        tokio::select! {
            () = sleep_until(again) => return Again::InTime,
            () = &mut returned => return Again::PluggedIn,
            () = station.shutdown.wait() => return Again::InTime,
            _ = changes.changed() => {}
            Some(order) = orders.recv() => order.refuse(Refusal::Offline),
        }
    }
}

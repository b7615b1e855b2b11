//! Waiting: what checkout's event stream says, from a revision on, over restarts of checkout.

use std::time::Duration;

use anyhow::{Context as _, bail};
use chit_proto::checkout::v1::event::Resource;
use chit_proto::checkout::v1::{
    Attention, Challenge, Dispute, Event, Payer, Sale, SaleState, SettlementBatch, WatchEventsRequest,
};
use tokio::time::{Instant, timeout_at};

use super::Desk;

/// Between two tries to open a stream that broke.
const REOPEN_PAUSE: Duration = Duration::from_millis(20);
/// Nothing that a machine does alone takes longer; a clip's post-roll is 5 s.
pub const WAIT_MAX: Duration = Duration::from_secs(60);

/// A place in the event stream. Each wait continues after the event that ended the one before.
#[derive(Clone)]
pub struct Journal {
    desk: Desk,
    subject_id: String,
    revision: u64,
}

impl Desk {
    /// All events of one resource, from its first on.
    pub fn journal(&self, subject_id: &str) -> Journal {
        Journal { desk: self.clone(), subject_id: subject_id.to_owned(), revision: 0 }
    }
}

impl Journal {
    /// The next event that `wanted` maps to something.
    pub async fn until<T>(
        &mut self,
        what: &str,
        mut wanted: impl FnMut(&Event) -> Option<T>,
    ) -> anyhow::Result<T> {
        let deadline = Instant::now() + WAIT_MAX;
        let mut last = "no event".to_owned();
        let found = timeout_at(deadline, async {
            loop {
                match self.follow(&mut last, &mut wanted).await {
                    Ok(Some(found)) => return found,
                    Ok(None) | Err(_) => tokio::time::sleep(REOPEN_PAUSE).await,
                }
            }
        });
        match found.await {
            Ok(found) => Ok(found),
            Err(_elapsed) => bail!("{} s passed without: {what}; the last was: {last}", WAIT_MAX.as_secs()),
        }
    }

    async fn follow<T>(
        &mut self,
        last: &mut String,
        wanted: &mut impl FnMut(&Event) -> Option<T>,
    ) -> Result<Option<T>, tonic::Status> {
        let request =
            WatchEventsRequest { after_revision: self.revision, subject_id: self.subject_id.clone() };
        let mut client = self.desk.events.clone();
        let mut stream = client.watch_events(request).await?.into_inner();
        while let Some(answer) = stream.message().await? {
            let Some(event) = answer.event else { continue };
            self.revision = event.revision;
            *last = describe(&event);
            if let Some(found) = wanted(&event) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    pub async fn sale(&mut self, what: &str, wanted: impl Fn(&Sale) -> bool) -> anyhow::Result<Sale> {
        let found = self.until(what, |event| match &event.resource {
            Some(Resource::Sale(sale)) if wanted(sale) => Some(sale.clone()),
            _ => None,
        });
        found.await.with_context(|| format!("sale {}", self.subject_id))
    }

    /// The sale was brought into `state`; it comes as it is now, which may be further on.
    pub async fn sale_is(&mut self, state: SaleState) -> anyhow::Result<Sale> {
        let found = self.until(state.as_str_name(), |event| match &event.resource {
            Some(Resource::Sale(sale)) if sale.state() == state || event.state == state as i32 => {
                Some(sale.clone())
            }
            _ => None,
        });
        found.await.with_context(|| format!("sale {}", self.subject_id))
    }

    pub async fn sale_needs(&mut self, attention: Attention) -> anyhow::Result<Sale> {
        self.sale(attention.as_str_name(), |sale| sale.attention().any(|needed| needed == attention)).await
    }

    pub async fn payer(&mut self, what: &str, wanted: impl Fn(&Payer) -> bool) -> anyhow::Result<Payer> {
        let found = self.until(what, |event| match &event.resource {
            Some(Resource::Payer(payer)) if wanted(payer) => Some(payer.clone()),
            _ => None,
        });
        found.await.with_context(|| format!("payer {}", self.subject_id))
    }

    /// A challenge as it is now, once an event brings one that is `wanted`.
    pub async fn challenge(
        &mut self,
        what: &str,
        wanted: impl Fn(&Challenge) -> bool,
    ) -> anyhow::Result<Challenge> {
        self.until(what, |event| match &event.resource {
            Some(Resource::Challenge(challenge)) if wanted(challenge) => Some(challenge.clone()),
            _ => None,
        })
        .await
    }

    pub async fn batch(
        &mut self,
        what: &str,
        wanted: impl Fn(&SettlementBatch) -> bool,
    ) -> anyhow::Result<SettlementBatch> {
        self.until(what, |event| match &event.resource {
            Some(Resource::SettlementBatch(batch)) if wanted(batch) => Some(batch.clone()),
            _ => None,
        })
        .await
    }

    pub async fn dispute(
        &mut self,
        what: &str,
        wanted: impl Fn(&Dispute) -> bool,
    ) -> anyhow::Result<Dispute> {
        self.until(what, |event| match &event.resource {
            Some(Resource::Dispute(dispute)) if wanted(dispute) => Some(dispute.clone()),
            _ => None,
        })
        .await
    }
}

/// For an error message: what happened last.
fn describe(event: &Event) -> String {
    match &event.resource {
        Some(Resource::Sale(sale)) => {
            let needs: Vec<&str> = sale.attention().map(|needed| needed.as_str_name()).collect();
            let evidence = sale.evidence.as_ref().map(|evidence| evidence.state().as_str_name());
            format!("sale {} needs {needs:?}, evidence {evidence:?}", sale.state().as_str_name())
        }
        Some(Resource::Payer(payer)) => payer.state().as_str_name().to_owned(),
        Some(Resource::Challenge(challenge)) => challenge.state().as_str_name().to_owned(),
        Some(Resource::SettlementBatch(batch)) => batch.state().as_str_name().to_owned(),
        Some(Resource::Dispute(dispute)) => dispute.state().as_str_name().to_owned(),
        Some(Resource::EnquirySaleId(_)) => "enquiry".to_owned(),
        None => "nothing".to_owned(),
    }
}

//! What anybody can know of the sales: their states, from the stream of events, and whether a commit broke a limit.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::ensure;
use chit_proto::checkout::v1 as proto;
use proto::SaleState;
use proto::event::Resource;
use proto::event_service_client::EventServiceClient;
use proto::shop_service_client::ShopServiceClient;
use tokio::sync::watch;

use super::{PAYER_MAX_MINOR, PAYER_SALES_MAX, SALE_MAX_MINOR};
use crate::shop::Shop;

const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Clone, Debug)]
pub struct Known {
    pub payer_id: String,
    pub total_minor: i64,
    pub state: SaleState,
    /// It was on the deny list at some time: its claim left the receivables.
    pub was_listed: bool,
    pub refunded: bool,
    pub needs_listing: bool,
}

#[derive(Default)]
pub struct States {
    pub sales: BTreeMap<String, Known>,
    of_payer: HashMap<String, Vec<String>>,
    pub payers: HashMap<String, proto::PayerState>,
    till_unverified: i64,
    pub broken: Vec<String>,
    revision: u64,
}

pub struct Mirror {
    states: Arc<Mutex<States>>,
    revision: watch::Receiver<u64>,
}

pub fn is_unverified(state: SaleState) -> bool {
    use SaleState::*;
    matches!(
        state,
        Committed | Printing | Released | Sealed | Queued | Challenged | Rejected | Unreachable | BadPending
    )
}

pub fn is_final(state: SaleState) -> bool {
    use SaleState::*;
    matches!(state, Settled | Voided | Cleared | Expired | WrittenOff | PaidOtherwise)
}

fn is_committed(state: SaleState) -> bool {
    !matches!(state, SaleState::Unspecified | SaleState::Draft | SaleState::PayerOk)
}

impl Mirror {
    pub fn follow(shop: &Shop, till_max_minor: i64) -> anyhow::Result<Self> {
        let states: Arc<Mutex<States>> = Arc::default();
        let (sender, revision) = watch::channel(0);
        let (here, channel) = (states.clone(), shop.connect()?);
        tokio::spawn(async move {
            let mut after_revision = 0;
            loop {
                let request = proto::WatchEventsRequest { after_revision, ..Default::default() };
                let opened = EventServiceClient::new(channel.clone()).watch_events(request).await;
                let Ok(mut events) = opened.map(tonic::Response::into_inner) else {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                while let Ok(Some(event)) = events.message().await {
                    let Some(event) = event.event else { continue };
                    after_revision = event.revision;
                    here.lock().expect("the mirror is whole").note(event, till_max_minor);
                    if sender.send(after_revision).is_err() {
                        return;
                    }
                }
            }
        });
        Ok(Self { states, revision })
    }

    pub fn states(&self) -> MutexGuard<'_, States> {
        self.states.lock().expect("the mirror is whole")
    }

    /// Until everything is known that has happened by now.
    pub async fn catch_up(&self, shop: &Shop) -> anyhow::Result<()> {
        let mut status = ShopServiceClient::new(shop.connect()?);
        let newest = status.get_status(proto::GetStatusRequest {}).await?.into_inner().revision;
        let mut revision = self.revision.clone();
        let begin = Instant::now();
        while *revision.borrow_and_update() < newest {
            ensure!(begin.elapsed() < PATIENCE, "the events do not come to revision {newest}");
            let _next = tokio::time::timeout(PATIENCE, revision.changed()).await?;
        }
        Ok(())
    }

    pub fn sales(&self) -> usize {
        let sold = |sale: &&Known| is_committed(sale.state) && sale.state != SaleState::Voided;
        self.states().sales.values().filter(sold).count()
    }

    /// Claims that are not final; a sale that was never committed is none.
    pub fn open(&self) -> usize {
        let open = |sale: &&Known| is_committed(sale.state) && !is_final(sale.state);
        self.states().sales.values().filter(open).count()
    }

    pub fn listed(&self) -> usize {
        self.states().sales.values().filter(|sale| sale.state == SaleState::BadListed).count()
    }
}

impl States {
    fn note(&mut self, event: proto::Event, till_max_minor: i64) {
        if event.revision <= self.revision {
            return;
        }
        self.revision = event.revision;
        match event.resource {
            Some(Resource::Sale(sale)) => self.note_sale(sale, till_max_minor),
            Some(Resource::Payer(payer)) => {
                self.payers.insert(payer.payer_id.clone(), payer.state());
            }
            _ => {}
        }
    }

    fn note_sale(&mut self, sale: proto::Sale, till_max_minor: i64) {
        let state = sale.state();
        let total_minor = sale.total.as_ref().map_or(0, |total| total.amount_minor);
        let needs_listing = sale.attention().any(|item| item == proto::Attention::Listing);
        let before = self.sales.get(&sale.sale_id).cloned();
        let was = before.as_ref().map_or(SaleState::Unspecified, |known| known.state);
        if !is_committed(was) && is_committed(state) && state != SaleState::Voided {
            self.check_limits(&sale, total_minor, till_max_minor);
            self.of_payer.entry(sale.payer_id.clone()).or_default().push(sale.sale_id.clone());
        }
        let counts = |state| if is_unverified(state) { total_minor } else { 0 };
        self.till_unverified += counts(state) - counts(was);
        let was_listed = before.is_some_and(|known| known.was_listed) || state == SaleState::BadListed;
        let known = Known {
            payer_id: sale.payer_id,
            total_minor,
            state,
            was_listed,
            refunded: !sale.refund_transfer_id.is_empty(),
            needs_listing,
        };
        self.sales.insert(sale.sale_id, known);
    }

    /// Nobody approves anything in this town, so each limit binds.
    fn check_limits(&mut self, sale: &proto::Sale, total_minor: i64, till_max_minor: i64) {
        let others = self.of_payer.get(&sale.payer_id).into_iter().flatten();
        let unverified: Vec<i64> = others
            .filter_map(|id| self.sales.get(id))
            .filter(|other| is_unverified(other.state))
            .map(|other| other.total_minor)
            .collect();
        let sum = unverified.iter().sum::<i64>() + total_minor;
        let id = &sale.sale_id;
        if total_minor > SALE_MAX_MINOR {
            self.broken.push(format!("sale {id} of {total_minor} is over the limit of a sale"));
        }
        if sum > PAYER_MAX_MINOR {
            self.broken.push(format!("sale {id} brings its payer to {sum}"));
        }
        if unverified.len() >= PAYER_SALES_MAX {
            self.broken.push(format!("sale {id} is the {}. unverified one", unverified.len() + 1));
        }
        if self.till_unverified + total_minor > till_max_minor {
            self.broken.push(format!("sale {id} brings the till to {}", self.till_unverified + total_minor));
        }
    }
}

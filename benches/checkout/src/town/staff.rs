//! The people behind the counter: they judge disputes, take cash, list what needs a supervisor, and settle every evening.

use std::collections::{BTreeMap, BTreeSet};

use chit_proto::checkout::v1 as proto;
use proto::SaleState;
use proto::deduction_service_client::DeductionServiceClient;
use proto::dispute_service_client::DisputeServiceClient;
use proto::sale_service_client::SaleServiceClient;
use proto::settlement_service_client::SettlementServiceClient;
use tonic::{Code, Status};

use super::habits::{Chance, Habit};
use super::mirror::Mirror;
use super::streets::Streets;
use crate::counter::new_id;
use crate::shop::{Line, Shop};

const DISPUTES_A_PAGE: u32 = 1_000;
/// Of a hundred disputes.
const UPHELD: u64 = 40;
/// Of a hundred bad records, by day.
const PAID_A_DAY: u64 = 4;

pub struct Staff {
    channel: Line,
    supervisor: Line,
    approval: proto::Approval,
    chance: Chance,
    /// What they did: the audit asks for it.
    pub cash: BTreeSet<String>,
    pub upheld: BTreeSet<String>,
    /// Days since a sale was first seen waiting for a person.
    waiting: BTreeMap<String, u32>,
}

impl Staff {
    pub fn at(shop: &Shop, seed: u64) -> anyhow::Result<Self> {
        Ok(Self {
            channel: shop.connect()?,
            supervisor: shop.connect_supervisor()?,
            approval: shop.approval()?,
            chance: Chance::new(seed, u64::MAX - 1),
            cash: BTreeSet::new(),
            upheld: BTreeSet::new(),
            waiting: BTreeMap::new(),
        })
    }

    /// Once a day. When the sales are over, everybody who is left is called to the shop.
    pub async fn see_to_things(
        &mut self,
        mirror: &Mirror,
        streets: &mut Streets,
        late: bool,
    ) -> anyhow::Result<()> {
        self.judge().await?;
        let habits: BTreeMap<&str, Habit> =
            streets.people.iter().map(|person| (person.payer.id.as_str(), person.habit)).collect();
        let sales: Vec<_> =
            mirror.states().sales.iter().map(|(id, known)| (id.clone(), known.clone())).collect();
        let payers = mirror.states().payers.clone();
        for (id, known) in sales {
            let blocked = matches!(
                payers.get(&known.payer_id),
                Some(proto::PayerState::Frozen | proto::PayerState::Locked)
            );
            let pays_cash = habits.get(known.payer_id.as_str()) == Some(&Habit::PaysCash);
            match known.state {
                SaleState::Queued | SaleState::Challenged if pays_cash => self.take_cash(&id).await?,
                SaleState::Queued | SaleState::Challenged if blocked => self.call_in(&id).await?,
                // Refused by the network round after round, or a card without rows: somebody must ring.
                SaleState::Queued if late => self.call_in(&id).await?,
                SaleState::Unreachable | SaleState::Returned => self.call_in(&id).await?,
                SaleState::BadPending if known.needs_listing => self.list(&id).await?,
                // The notice's outcome is not known, or its dispute was dismissed: it waits for a person.
                SaleState::BadPending if late => self.call_in_after(&id, 12).await?,
                SaleState::BadListed if self.chance.percent(PAID_A_DAY) => self.take_cash(&id).await?,
                _ => {}
            }
        }
        Ok(())
    }

    async fn judge(&mut self) -> anyhow::Result<()> {
        let mut disputes = DisputeServiceClient::new(self.channel.clone());
        let request = proto::ListDisputesRequest { open_only: true, page_size: DISPUTES_A_PAGE };
        let open = disputes.list_disputes(request).await?.into_inner().disputes;
        for dispute in open {
            let uphold = self.chance.percent(UPHELD);
            self.resolve(&dispute, uphold).await?;
        }
        Ok(())
    }

    async fn resolve(&mut self, dispute: &proto::Dispute, uphold: bool) -> anyhow::Result<()> {
        let request = proto::ResolveDisputeRequest {
            request_id: new_id(),
            dispute_id: dispute.dispute_id.clone(),
            uphold,
            approval: Some(self.approval.clone()),
        };
        let mut disputes = DisputeServiceClient::new(self.channel.clone());
        let resolved = disputes.resolve_dispute(request).await.map(|_| ());
        if unless_too_late(resolved)? && uphold {
            self.upheld.insert(dispute.sale_id.clone());
        }
        Ok(())
    }

    /// The payer comes to the shop after some days: pays, or objects and is right.
    async fn call_in(&mut self, sale_id: &str) -> anyhow::Result<()> {
        self.call_in_after(sale_id, 3).await
    }

    async fn call_in_after(&mut self, sale_id: &str, days: u32) -> anyhow::Result<()> {
        let waited = self.waiting.entry(sale_id.to_owned()).or_default();
        *waited += 1;
        if *waited < days {
            return Ok(());
        }
        if self.chance.percent(70) {
            return self.take_cash(sale_id).await;
        }
        let request = proto::OpenDisputeRequest {
            request_id: new_id(),
            sale_id: sale_id.to_owned(),
            cause: proto::DisputeCause::InPerson as i32,
        };
        let mut disputes = DisputeServiceClient::new(self.channel.clone());
        match disputes.open_dispute(request).await {
            Ok(opened) => {
                let dispute = opened.into_inner().dispute.unwrap_or_default();
                self.resolve(&dispute, true).await
            }
            Err(status) => unless_too_late(Err(status)).map(|_| ()),
        }
    }

    async fn take_cash(&mut self, sale_id: &str) -> anyhow::Result<()> {
        let request = proto::RecordOtherPaymentRequest {
            request_id: new_id(),
            sale_id: sale_id.to_owned(),
            amount: None,
            approval: Some(self.approval.clone()),
        };
        let mut sales = SaleServiceClient::new(self.channel.clone());
        let taken = sales.record_other_payment(request).await.map(|_| ());
        if unless_too_late(taken)? {
            self.cash.insert(sale_id.to_owned());
        }
        Ok(())
    }

    async fn list(&mut self, sale_id: &str) -> anyhow::Result<()> {
        let request = proto::ListBadRecordRequest {
            request_id: new_id(),
            sale_id: sale_id.to_owned(),
            approval: Some(self.approval.clone()),
        };
        let mut deductions = DeductionServiceClient::new(self.channel.clone());
        unless_too_late(deductions.list_bad_record(request).await.map(|_| ())).map(|_| ())
    }

    pub async fn settle(&mut self) -> anyhow::Result<()> {
        let request = proto::RunSettlementRequest { request_id: new_id() };
        let mut settlement = SettlementServiceClient::new(self.supervisor.clone());
        unless_too_late(settlement.run_settlement(request).await.map(|_| ())).map(|_| ())
    }
}

/// `Ok(false)`: the sale has gone on meanwhile, or there is nothing to do.
fn unless_too_late(answer: Result<(), Status>) -> anyhow::Result<bool> {
    match answer {
        Ok(()) => Ok(true),
        Err(status) if status.code() == Code::FailedPrecondition => Ok(false),
        Err(status) => Err(status.into()),
    }
}

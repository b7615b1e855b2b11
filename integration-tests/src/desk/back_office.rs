//! The back office: time, deductions, settlement, disputes, enquiries, and the ledger's sums.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use chit_proto::checkout::v1::{
    AdvanceClockRequest, ChangePhoneRequest, Dispute, DisputeCause, GetStatusRequest, LookUpSaleRequest,
    LookUpSaleResponse, OpenDisputeRequest, Payer, ResetPayerRequest, ResolveDisputeRequest,
    RunDeductionsRequest, RunSettlementRequest, SettlementBatch,
};
use chit_proto::ledger::v1::{CurrencyBalance, GetTrialBalanceRequest, VerifyChainRequest};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{CASHIER, Desk, SUPERVISOR, new_id};
use crate::ask;

/// SMS go out from 8 to 21 only (DESIGN.md); the margin covers a run of the demo.
const DAY: std::ops::Range<i8> = 8..20;
const MID_MORNING_S: i64 = 10 * 3600;

/// The ledger's sums, from the trial balance and a full check of its chain.
pub struct Books {
    pub balance: CurrencyBalance,
    pub balanced: bool,
    pub chain_ok: bool,
}

impl Desk {
    pub async fn business_time(&self) -> anyhow::Result<Timestamp> {
        let status = ask!(self.shop, get_status, GetStatusRequest {})?;
        let now = status.now.context("the status has no time")?;
        chit_runtime::clock::from_proto(&now).context("the status has an impossible time")
    }

    /// Moves the sandbox's clock.
    pub async fn advance(&self, by: SignedDuration) -> anyhow::Result<()> {
        let by = prost_types::Duration { seconds: by.as_secs(), nanos: 0 };
        ask!(self.sandbox, advance_clock, AdvanceClockRequest { by: Some(by) })?;
        Ok(())
    }

    pub async fn advance_hours(&self, hours: i64) -> anyhow::Result<()> {
        self.advance(SignedDuration::from_hours(hours)).await
    }

    /// Outside the hours for SMS: goes to 10:00. Says by how much.
    pub async fn make_it_day(&self) -> anyhow::Result<Option<Duration>> {
        let zone = TimeZone::get(&self.time_zone)?;
        let now = zone.to_datetime(self.business_time().await?);
        if DAY.contains(&now.hour()) {
            return Ok(None);
        }
        // On the two days of a clock change it is 9:00 or 11:00 then, which is day as well.
        let since_midnight =
            i64::from(now.hour()) * 3600 + i64::from(now.minute()) * 60 + i64::from(now.second());
        let seconds = (MID_MORNING_S - since_midnight).rem_euclid(24 * 3600);
        let by = SignedDuration::from_secs(seconds);
        self.advance(by).await?;
        Ok(Some(by.unsigned_abs()))
    }

    pub async fn run_deductions(&self) -> anyhow::Result<Vec<String>> {
        Ok(ask!(self.deductions, run_deductions, RunDeductionsRequest { request_id: new_id() })?
            .challenge_ids)
    }

    pub async fn run_settlement(&self) -> anyhow::Result<SettlementBatch> {
        let request = RunSettlementRequest { request_id: new_id() };
        ask!(self.settlements, run_settlement, request)?.batch.context("no batch")
    }

    pub async fn open_dispute(&self, sale_id: &str, cause: DisputeCause) -> anyhow::Result<Dispute> {
        let request =
            OpenDisputeRequest { request_id: new_id(), sale_id: sale_id.to_owned(), cause: cause as i32 };
        ask!(self.disputes, open_dispute, request)?.dispute.context("no dispute")
    }

    /// By the supervisor, who sold nothing.
    pub async fn resolve_dispute(&self, dispute_id: &str, uphold: bool) -> anyhow::Result<Dispute> {
        let approval = Some(self.pins.approval(SUPERVISOR)?);
        let request = ResolveDisputeRequest {
            request_id: new_id(),
            dispute_id: dispute_id.to_owned(),
            uphold,
            approval,
        };
        ask!(self.disputes, resolve_dispute, request)?.dispute.context("no dispute")
    }

    /// Another phone, by the supervisor and the cashier.
    pub async fn change_phone(&self, payer_id: &str, phone: &str) -> anyhow::Result<Payer> {
        let request = ChangePhoneRequest {
            request_id: new_id(),
            payer_id: payer_id.to_owned(),
            phone: phone.to_owned(),
            approval: Some(self.pins.approval(SUPERVISOR)?),
            second_approval: Some(self.pins.approval(CASHIER)?),
        };
        ask!(self.payers_supervised, change_phone, request)?.payer.context("no payer")
    }

    /// Another card, by the supervisor and the cashier.
    pub async fn new_card(&self, payer_id: &str) -> anyhow::Result<Payer> {
        let request = ResetPayerRequest {
            request_id: new_id(),
            payer_id: payer_id.to_owned(),
            approval: Some(self.pins.approval(SUPERVISOR)?),
            second_approval: Some(self.pins.approval(CASHIER)?),
            card_serial: String::new(),
        };
        ask!(self.payers_supervised, reset_payer, request)?.payer.context("no payer")
    }

    pub async fn look_up(&self, reference: &str) -> anyhow::Result<LookUpSaleResponse> {
        let request = LookUpSaleRequest { reference: reference.to_owned() };
        ask!(self.enquiries, look_up_sale, request)
    }

    pub async fn books(&self) -> anyhow::Result<Books> {
        let trial = ask!(self.ledger, get_trial_balance, GetTrialBalanceRequest {})?;
        ask!(self.ledger, verify_chain, VerifyChainRequest {})?;
        ensure!(trial.balances.len() <= 1, "one shop, one currency");
        let balance = trial.balances.into_iter().next().unwrap_or_default();
        Ok(Books { balance, balanced: trial.balanced, chain_ok: trial.chain_ok })
    }
}

//! The random steps: people at the counter, payers, the network, the ledger, time.

use super::World;
use crate::collection::{Step as DeductionStep, house};
use crate::dispute::Cause;
use crate::erasure;
use crate::inbound::modem;
use crate::sale::state::SaleState;
use crate::sale::{self, Stage, Step, Void};
use crate::staff::approval::Act;
use crate::staff::{Grant, JointGrant};
use crate::store::Tx;
use crate::tests::fixture::{CASHIER, PHONE, SUPERVISOR};
use crate::values::ids::SaleId;
use crate::values::refusal::{RefusalKind, Result};
use crate::verification::calling_off;

const SECOND_PHONE: &str = "+8613800004321";

impl World {
    pub async fn step(mut self) -> Self {
        match self.temper.act(&mut self.chance) {
            0..18 => self.sell().await,
            18..36 => self.hear().await,
            36..50 => self.time_passes().await,
            50..54 => self.modem().await,
            54..60 => self.dispute().await,
            60..67 => self.judge().await,
            67..74 => self.cash().await,
            74..80 => self.settle().await,
            80..82 => self = self.restart().await,
            82..86 => self.renew().await,
            86..91 => self.answer_in_person().await,
            91..94 => self.void().await,
            94..96 => self.list().await,
            96 => self.close_shift().await,
            97 if self.chance.one_in(4) => self.years_pass().await,
            98 => self.house_cash().await,
            _ => {}
        }
        if self.bank.is_some() && self.chance.one_in(2) {
            self.at_the_bank().await;
        }
        if !self.chance.one_in(4) {
            self.far_sides().await;
        }
        self
    }

    /// A refusal is an answer; a fault of the house is none.
    pub(super) fn took(
        &mut self,
        step: String,
        answer: std::result::Result<(), crate::values::refusal::Refusal>,
    ) {
        let end = match answer {
            Ok(()) => String::new(),
            Err(refusal) => {
                assert_ne!(refusal.kind, RefusalKind::Internal, "{step}: {refusal:?}");
                format!(": {}", refusal.reason)
            }
        };
        self.steps.taken.push(step + &end);
    }

    async fn sell(&mut self) {
        let total = 1 + i64::try_from(self.chance.below(30_000)).unwrap();
        if self.chance.one_in(12) {
            let left_behind = self.till.put(SaleState::Draft, total, |_| {}).await;
            return self.sales.push(left_behind);
        }
        let id = self.till.put(SaleState::PayerOk, total, |_| {}).await;
        self.sales.push(id);
        let (rules, moment) = (self.till.shop.rules(), self.till.shop.moment().unwrap());
        let (grant, transfer) = (Some(Grant::new(Act::OverLimit, SUPERVISOR)), self.till.id());
        let begun = self
            .till
            .write(move |tx| sale::begin_commit(tx, id, grant, &rules, moment, transfer, CASHIER))
            .await;
        self.took(format!("sell {id} for {total}"), begun.map(drop));
    }

    /// Something of the payer's dialogue, or of a stranger's.
    async fn hear(&mut self) {
        let payer = self.till.payer_id;
        let challenges = self.till.read(move |view| view.challenges_of(payer)).await;
        let any = (!challenges.is_empty()).then(|| self.chance.below(challenges.len()));
        let text = match (self.temper.reply(&mut self.chance), challenges.last(), any) {
            (0..9, Some(newest), _) => self.till.right(newest).await,
            (9..11, _, Some(any)) => self.till.right(&challenges[any]).await,
            (11..15, ..) => self.till.wrong(self.chance.below(40)).await,
            (15, ..) => "0".into(),
            (16, ..) => "0 2".into(),
            (17, ..) => "ERR".into(),
            (18, ..) if self.chance.one_in(3) => format!("LOST {}", self.till.serial().await),
            _ => "HELP".into(),
        };
        let seq = self.till.read(|view| view.counter("inbound_seq")).await + 1;
        self.till.hear(seq.max(1_000_000), &text).await;
        self.steps.taken.push(format!("hear {text}"));
    }

    async fn time_passes(&mut self) {
        let hours = [0, 1, 5, 13, 25, 25, 24 * 8].into_iter().nth(self.chance.below(7)).unwrap();
        self.till.shop.clock.advance(jiff::SignedDuration::from_secs(hours * 3600 + 61)).unwrap();
        self.till.tick().await;
        self.steps.taken.push(format!("{hours} h pass"));
    }

    /// A bad record ends.
    async fn years_pass(&mut self) {
        self.till.advance(3 * 365 * 24);
        self.till.tick().await;
        self.steps.taken.push("years pass".into());
        if self.chance.one_in(3) {
            self.leave().await;
        }
    }

    /// The payer wants to be forgotten, and may be if nothing is open any more.
    async fn leave(&mut self) {
        let (payer, moment) = (self.till.payer_id, self.till.shop.moment().unwrap());
        let people = JointGrant {
            approver: Grant::new(Act::ErasePayer, SUPERVISOR),
            witness: Grant::new(Act::ErasePayer, CASHIER),
        };
        let leaves = move |tx: &mut Tx| erasure::erase(tx, payer, people, moment).map(drop);
        let left = self.till.write(leaves).await;
        self.took("the payer leaves for good".into(), left);
    }

    async fn close_shift(&mut self) {
        self.till.write(|tx| crate::shift::close(tx, CASHIER).map(drop)).await.unwrap();
        self.steps.taken.push("a shift is closed".into());
    }

    async fn modem(&mut self) {
        let ready = !*self.till.shop.signals.modem_ready.borrow();
        modem::note(&self.till.shop, ready).await.unwrap();
        self.steps.taken.push(format!("modem ready: {ready}"));
    }

    /// A sale whose payer has left.
    async fn left(&mut self) -> Option<SaleId> {
        let id = self.chance.of(&self.sales)?;
        let sale = self.till.read(move |view| view.sale(id)).await;
        matches!(&sale.stage, Stage::Sold(sold) if matches!(sold.step, Step::Released { .. })).then_some(id)
    }

    async fn dispute(&mut self) {
        let Some(sale) = self.left().await else { return };
        let id = self.till.id();
        let opened = self.till.write(move |tx| {
            calling_off::disputed_in_person(tx, sale, id, Cause::InPerson, CASHIER).map(drop)
        });
        let opened = opened.await;
        self.took(format!("dispute {sale}"), opened);
    }

    async fn judge(&mut self) {
        let open = self.till.read(|view| view.newest_disputes(true, 100)).await;
        if open.is_empty() {
            return;
        }
        let dispute = &open[self.chance.below(open.len())];
        let (id, sale) = (dispute.id, dispute.sale);
        let before = self.till.read(move |view| view.deduction(sale)).await;
        let (how, judged) = match self.chance.below(3) {
            0 => {
                let withdrawn =
                    self.till.write(move |tx| crate::dispute::withdraw(tx, id, SUPERVISOR).map(drop));
                ("withdraw", withdrawn.await)
            }
            1 => ("dismiss", self.till.resolve(id, false).await.map(drop)),
            _ => ("uphold", self.till.resolve(id, true).await.map(drop)),
        };
        let after = self.till.read(move |view| view.deduction(sale)).await;
        if after.step() == DeductionStep::WrittenOff {
            if before.step() == DeductionStep::BadListed {
                self.told.listed_written_off_minor += before.owed_minor();
            } else if before.is_posted() {
                self.told.posted_written_off_minor += before.owed_minor();
            }
        }
        self.took(format!("{how} {id}"), judged);
    }

    async fn cash(&mut self) {
        let Some(sale) = self.chance.of(&self.sales) else { return };
        let part = [None, Some(1), Some(700)][self.chance.below(3)];
        let paid = self.till.pays_in_cash(sale, part).await;
        self.took(format!("{sale} pays {part:?}"), paid);
    }

    /// Money for the payer's account in the shop, where it keeps one, or back from it.
    async fn house_cash(&mut self) {
        if self.bank.is_some() {
            return;
        }
        let minor = [1, 700, 25_000, 0][self.chance.below(4)];
        let (payer, transfer) = (self.till.payer_id, self.till.id());
        let today = self.till.shop.voice.quiet.local_day(self.till.shop.clock.now());
        let (moves, sign): (fn(&mut Tx, _, _, &str, _, _) -> _, _) =
            if self.chance.below(3) == 0 { (house::pay_out, -1) } else { (house::pay_in, 1) };
        let pays = move |tx: &mut Tx| moves(tx, payer, minor, CASHIER, transfer, today).map(drop);
        let paid = self.till.write(pays).await;
        if paid.is_ok() {
            self.told.paid_in_minor += sign * minor;
        }
        self.took(format!("{} is paid in", sign * minor), paid);
    }

    async fn settle(&mut self) {
        let settled = self.till.settle().await;
        self.took("settle".into(), settled.map(drop));
    }

    /// I6: what was durable is there, and nothing else.
    async fn restart(mut self) -> Self {
        let before = self.dump().await;
        self.till = self.till.restart_after(1).await;
        assert_eq!(before, self.dump().await, "another state after a restart");
        self.steps.taken.push("restart".into());
        self
    }

    async fn dump(&self) -> String {
        let (sales, payer) = (self.sales.clone(), self.till.payer_id);
        let all = self.till.read(move |view| {
            let sold: Result<Vec<_>> =
                sales.iter().map(|id| Ok((view.sale(*id)?, view.find_deduction(*id)?))).collect();
            let dialogue = (view.payer(payer)?, view.challenges_of(payer)?);
            Ok(format!("{:?} {:?} {:?}", sold?, dialogue, view.outbox_after(0, usize::MAX)?))
        });
        all.await
    }

    async fn renew(&mut self) {
        let payer = self.till.payer().await;
        if self.chance.one_in(3) {
            let has_first = payer.phone.as_ref().is_none_or(|phone| phone.reveal() == PHONE);
            let other = if has_first { SECOND_PHONE } else { PHONE };
            let changed = self.till.change_phone(other).await;
            self.took("another phone".into(), changed.map(drop));
        } else if payer.needs_person() || self.chance.one_in(4) {
            let changed = self.till.replace_card().await;
            self.took("another card".into(), changed.map(drop));
        }
    }

    async fn answer_in_person(&mut self) {
        let payer = self.till.payer_id;
        let challenges = self.till.read(move |view| view.challenges_of(payer)).await;
        let code = match challenges.last() {
            Some(newest) if !self.chance.one_in(4) => self.till.right(newest).await,
            _ => self.till.wrong(self.chance.below(40)).await,
        };
        let answered = self.till.answer_in_person(&code).await;
        self.took(format!("in person {code}"), answered.map(drop));
    }

    async fn void(&mut self) {
        let Some(sale) = self.chance.of(&self.sales) else { return };
        let before = self.till.sale(sale).await;
        let (grant, notice) = (Some(Grant::new(Act::VoidAfterPrinting, SUPERVISOR)), self.till.id());
        let voided = self.till.write(move |tx| {
            let void = Void { grant, original_returned: true, notice, if_tag: "", actor: CASHIER };
            sale::void(tx, sale, void).map(drop)
        });
        let voided = voided.await;
        if voided.is_ok() && before.sold.is_some() && before.voided.is_none() {
            self.told.void_minor += before.total_minor;
        }
        self.took(format!("void {sale}"), voided);
    }

    async fn list(&mut self) {
        let Some(sale) = self.left().await else { return };
        let listed = self.till.list(sale).await;
        self.took(format!("list {sale}"), listed);
    }
}

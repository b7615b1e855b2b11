//! The far sides of the outbox: ledger, gateway, printer and camera.

use super::World;
use super::money::transfers_of;
use crate::collection::settling;
use crate::effects::{bank_file, bookings, transfers};
use crate::outbox::Effect;
use crate::outbox::fact::FactKind;
use crate::payer::PayerState;
use crate::payer::record::Papers;
use crate::sale::{
    self, Commit, Committed, EvidencePolicy, EvidenceState, Names, ReceiptState, Stage, Step, Witnessed,
};
use crate::staff::Grant;
use crate::staff::approval::Act;
use crate::store::Tx;
use crate::tests::fixture::{CASHIER, SUPERVISOR};
use crate::values::ids::{BatchId, PayerId, SaleId, TransferId};

impl World {
    /// Ledger, gateway, printer and camera do what waits for them.
    pub(super) async fn far_sides(&mut self) {
        for (entry, effect) in self.till.outbox().await {
            match effect.clone() {
                Effect::Reserve { sale } => self.reserve(entry, sale).await,
                // The rail takes its time.
                Effect::PostBatch { .. } if !self.chance.one_in(4) => {}
                Effect::PostBatch { batch } => self.post(entry, batch).await,
                Effect::RecordFact { fact, .. } => {
                    let recorded = move |tx: &mut Tx| {
                        let fact = tx.fact(fact)?;
                        if fact.kind == FactKind::EvidenceSealed {
                            sale::queue(tx, fact.subject.parse()?)?;
                        }
                        tx.complete(entry)?;
                        tx.forget_fact(fact.id);
                        Ok(())
                    };
                    self.till.write(recorded).await.unwrap();
                }
                Effect::SendMessage { message } => {
                    let end = self.temper.message_end(&mut self.chance);
                    self.till.report(message, end).await;
                    self.complete(entry).await;
                    self.steps.taken.push(format!("an SMS is {}", end.as_str_name()));
                }
                // Now and then the printer takes its time.
                Effect::PrintReceipt { .. } if self.chance.one_in(5) => {}
                Effect::PrintReceipt { sale } => self.print(entry, sale).await,
                Effect::PrintEnrolment { payer } => self.print_papers(entry, payer).await,
                Effect::VoidPending { .. }
                | Effect::PostRefund { .. }
                | Effect::MoveToBadDebt { .. }
                | Effect::PostPayment { .. }
                | Effect::PostRecovery { .. }
                | Effect::PostHouseCash { .. }
                | Effect::HoldFlight { .. } => self.book(entry, effect).await,
                Effect::BookPosting { posting } => {
                    self.book(entry, effect).await;
                    let booked = move |tx: &mut Tx| {
                        tx.forget_posting(posting);
                        Ok(())
                    };
                    self.till.write(booked).await.unwrap();
                }
                Effect::WriteFile { batch } => {
                    bank_file::write(&self.till.shop, entry, batch).await.unwrap();
                }
                _ => self.complete(entry).await,
            }
        }
    }

    async fn complete(&self, entry: u64) {
        self.till.write(move |tx| tx.complete(entry)).await.unwrap();
    }

    /// Now and then the ledger refuses: the same again under other ids.
    async fn book(&mut self, entry: u64, mut effect: Effect) {
        if self.chance.one_in(10) {
            let (fresh, refused) = (self.till.id(), effect.clone());
            let renewed = self.till.write(move |tx| transfers::renew(tx, entry, refused, fresh));
            effect = renewed.await.unwrap();
        }
        let (shop, told) = (self.till.shop.clone(), effect.clone());
        for transfer in self.till.read(move |view| transfers_of(&shop, view, &told)).await {
            self.books.take(&transfer);
        }
        self.complete(entry).await;
        self.steps.taken.push(format!("the ledger books {effect:?}"));
    }

    async fn reserve(&mut self, entry: u64, id: SaleId) {
        let sale = self.till.read(move |view| view.sale(id)).await;
        let Stage::PayerOk { commit: Commit::Asked(transfer), .. } = sale.stage else {
            return self.complete(entry).await;
        };
        if self.chance.one_in(10) {
            let refused = move |tx: &mut Tx| {
                sale::refused(tx, id, "REFUSED")?;
                tx.complete(entry)
            };
            return self.till.write(refused).await.unwrap();
        }
        let account = self.till.payer().await.account;
        self.books.take(&bookings::reservation(&self.till.shop.house, &sale, transfer, account));
        self.told.gross_minor += sale.total_minor;
        let answer = self.committed();
        let done = move |tx: &mut Tx| {
            sale::committed(tx, id, answer)?;
            tx.complete(entry)
        };
        self.till.write(done).await.unwrap();
    }

    fn committed(&mut self) -> Committed {
        let shop = &self.till.shop;
        let names = Names {
            lookup_codes: std::array::from_fn(|_| shop.random().unwrap()),
            sale_numbers: std::array::from_fn(|_| u32::from_be_bytes(shop.random().unwrap())),
        };
        Committed {
            ledger: Witnessed { seq: 1, tree_size: 1, root: None },
            day: shop.local_day(),
            names,
            recording: self.till.id(),
            job: self.till.id(),
            resolve: self.till.id(),
            goods_sha256: [7; 32],
            announced: false,
            released: !self.chance.one_in(8),
        }
    }

    /// Printed and sealed; now and then no photo could be taken, and a supervisor takes the responsibility.
    async fn print(&mut self, entry: u64, id: SaleId) {
        self.complete(entry).await;
        if self.till.sale(id).await.voided.is_some() {
            return;
        }
        let (now, photo) = (self.till.shop.clock.now(), !self.chance.one_in(6));
        let printed = move |put: &mut crate::tests::fixture::Put| {
            let sold = put.sold();
            sold.step = Step::Printing;
            sold.receipt.state = ReceiptState::Printed;
            sold.receipt.fenced_at = Some(now);
            sold.evidence.photo_1_sha256 = photo.then_some([1; 32]);
            sold.evidence.state = if photo { EvidenceState::Sealed } else { EvidenceState::Partial };
            sold.evidence.manifest_sha256 = Some([2; 32]);
        };
        self.till.change_sale(id, printed).await;
        if !photo && self.chance.one_in(2) {
            let grant = Grant::new(Act::ReleaseWithoutEvidence, SUPERVISOR);
            self.till.write(move |tx| sale::override_evidence(tx, id, grant)).await.unwrap();
        }
        if self.chance.one_in(2) {
            let fact = self.till.id();
            let released = self.till.write(move |tx| {
                sale::release(tx, EvidencePolicy::RequirePhoto, id, fact, false, CASHIER).map(drop)
            });
            let released = released.await;
            self.took(format!("release {id}"), released);
        }
    }

    async fn print_papers(&mut self, entry: u64, payer: PayerId) {
        let printed = move |tx: &mut Tx| {
            let mut payer = tx.payer(payer)?;
            payer.papers = Papers::Done;
            if payer.state == PayerState::Enrolling {
                payer.state = PayerState::Pending;
            }
            tx.put_payer("system", &payer)?;
            tx.complete(entry)
        };
        self.till.write(printed).await.unwrap();
    }

    /// The rail settles the batch, but for those that the ledger refuses.
    async fn post(&mut self, entry: u64, id: BatchId) {
        let owed = self.till.read(move |view| view.deductions(&view.batch(id)?.sales)).await;
        for deduction in owed {
            let sale = deduction.sale;
            if !self.chance.one_in(6) {
                self.books.take(&bookings::settlement(&deduction));
                continue;
            }
            let fresh: TransferId = self.till.id();
            let park = move |tx: &mut Tx| {
                let mut batch = tx.batch(id)?;
                settling::park(tx, &mut batch, sale, "REFUSED")?;
                let mut deduction = tx.deduction(sale)?;
                deduction.resolve = transfers::following(deduction.resolve, fresh);
                tx.put_deduction("system", &deduction)?;
                tx.put_batch("system", &batch)
            };
            self.till.write(park).await.unwrap();
            self.steps.taken.push(format!("the ledger refuses {sale}"));
        }
        let terms = self.till.shop.house_terms();
        let settled = move |tx: &mut Tx| {
            settling::settled(tx, id, &terms)?;
            tx.complete(entry)
        };
        self.till.write(settled).await.unwrap();
        self.steps.taken.push(format!("batch {id} settled"));
    }
}

//! The last morning: what is under way, and then what waits for other services when checkout ends.

use super::far_sides::Paper;
use super::*;
use crate::counter;
use crate::domain::code_card::RowBitmap;
use crate::domain::people::EnrolStep;
use crate::staff::ApprovalInput;

const ON_PAPER: &str = "PRINTING, on paper, waits for the release";

impl Scene {
    pub async fn last_morning(&mut self) {
        self.asked().await;
        self.not_asked().await;
        self.verified_and_beyond().await;
        self.at_the_counter().await;
        self.left_lying().await;
        self.in_the_afternoon().await;
        self.people().await;
    }

    /// Open challenges, with and without wrong tries.
    async fn asked(&mut self) {
        for (who, why, tries) in [
            ("is asked", "CHALLENGED", 0),
            ("is asked, one wrong try", "CHALLENGED, one wrong try", 1),
            ("is asked, two wrong tries", "CHALLENGED, two wrong tries", 2),
        ] {
            let payer = self.payer(who).await;
            self.queued(&payer, why).await;
            if tries == 2 {
                self.queued(&payer, "CHALLENGED, the second sale of a challenge").await;
            }
            self.tick().await;
            for n in 0..tries {
                self.answers_wrong(&payer, n).await;
            }
        }
        let unknown = self.payer("is asked, and nobody knows whether it arrived").await;
        let phone = self.phones[&unknown].clone();
        self.world.knobs().fate.insert(phone, MessageState::Unknown);
        self.queued(&unknown, "CHALLENGED, the outcome of its SMS unknown").await;
        self.tick().await;
        let rejects = self.payer("FROZEN by a rejection").await;
        let sale = self.queued(&rejects, "REJECTED, its dispute open").await;
        self.tick().await;
        self.writes(&rejects, "0").await;
        self.sale_is(&sale, SaleState::Rejected).await;
        let over = self.payer("three wrong replies today").await;
        let sale = self.queued(&over, "QUEUED, not before tomorrow").await;
        self.tick().await;
        for n in 0..3 {
            self.answers_wrong(&over, n).await;
        }
        self.sale_is(&sale, SaleState::Queued).await;
    }

    async fn not_asked(&mut self) {
        let wrong_goods = self.payer("disputes the goods").await;
        let sale = self.queued(&wrong_goods, "QUEUED, held by a dispute over goods").await;
        self.tick().await;
        self.writes(&wrong_goods, "ERR").await;
        self.sale_is(&sale, SaleState::Queued).await;
        let lost = self.payer("FROZEN by LOST").await;
        self.queued(&lost, "QUEUED, its payer frozen").await;
        self.till.payer_id.clone_from(&lost);
        let serial = self.till.payer().await.card_serial;
        self.writes(&lost, &format!("LOST {serial}")).await;
        let used_up = self.payer("no row left").await;
        self.queued(&used_up, "QUEUED, its payer without a row").await;
        let all = Row::all().fold(RowBitmap::default(), RowBitmap::with_burned);
        self.change_payer(&used_up, |payer| payer.rows_burned = all.to_bytes().to_vec()).await;
        let blind = self.payer("no photo of their sale, and a supervisor answers for it").await;
        self.world.knobs().no_camera = true;
        let sale = self.printing(&blind, "CHALLENGED, its evidence overridden", ReceiptState::Printed).await;
        self.photos_are_given_up(&sale).await;
        self.world.knobs().no_camera = false;
        self.override_evidence(&sale).await;
        self.release(&sale).await;
        self.quiet().await;
        self.sale_is(&sale, SaleState::Queued).await;
    }

    async fn photos_are_given_up(&self, sale_id: &str) {
        let id = sale_id.to_owned();
        self.until(move |rows| {
            let prints = |(_, effect): &(u64, Effect)| {
                effect.kind() == EffectKind::PrintReceipt && effect.subject_id == id
            };
            Ok((!rows.outbox()?.iter().any(prints)).then_some(()))
        })
        .await;
    }

    async fn verified_and_beyond(&mut self) {
        let stuck = self.payer("pays, and the ledger refuses").await;
        let sale = self.queued(&stuck, "SUBMITTED, refused by the ledger").await;
        self.tick().await;
        self.answers_right(&stuck).await;
        self.world.knobs().refuse.insert(sale.clone());
        self.settle().await;
        let id = sale.clone();
        self.until(move |rows| Ok((!rows.sale(&id)?.far_refusal.is_empty()).then_some(()))).await;
        self.stays().await;
        let mut verified = Vec::new();
        for (who, why) in [
            ("pays, its batch on the way", "SUBMITTED"),
            ("answered right", "VERIFIED"),
            ("answered right, then objected", "VERIFIED, held by a dispute"),
        ] {
            let payer = self.payer(who).await;
            verified.push((payer.clone(), self.queued(&payer, why).await));
        }
        self.tick().await;
        self.answers_right(&verified[0].0.clone()).await;
        self.world.knobs().hold_transfers = true;
        self.settle().await;
        self.stays().await;
        self.answers_right(&verified[1].0.clone()).await;
        self.answers_right(&verified[2].0.clone()).await;
        self.writes(&verified[2].0.clone(), "错").await;
        self.sale_is(&verified[2].1, SaleState::Verified).await;
    }

    /// Sales that are still at the till, most of them with a receipt that does not come out.
    async fn at_the_counter(&mut self) {
        let sending = self.payer("is asked, the SMS not handed over yet").await;
        self.queued(&sending, "QUEUED, its challenge being sent").await;
        let payer = self.payer("at the counter").await;
        let voided = self.basket("VOIDED before a payer").await;
        self.void(&voided, None).await;
        self.world.knobs().refuse_all = true;
        let refused = self.payer_ok(&payer, "PAYER_OK, refused by the ledger").await;
        self.commit(&refused).await.unwrap_err();
        self.world.knobs().refuse_all = false;
        for (paper, state, why) in [
            (Paper::Waiting, ReceiptState::Waiting, "PRINTING, its job waiting"),
            (Paper::Waiting, ReceiptState::Waiting, ON_PAPER),
            (Paper::Blocked, ReceiptState::Blocked, "PRINTING, no paper"),
            (Paper::Sending, ReceiptState::Printing, "PRINTING"),
            (Paper::InDoubt, ReceiptState::InDoubt, "PRINTING, in doubt"),
            (Paper::Failed, ReceiptState::Failed, "PRINTING, failed"),
        ] {
            let payer = self.payer(why).await;
            self.world.knobs().paper = paper;
            self.printing(&payer, why, state).await;
            self.world.knobs().paper = Paper::Whole;
            self.stays().await;
        }
        let blind = self.payer("no photo of their sale").await;
        self.world.knobs().no_camera = true;
        let sale = self.printing(&blind, "PRINTING, without a photo", ReceiptState::Printed).await;
        self.photos_are_given_up(&sale).await;
        self.world.knobs().no_camera = false;
        self.stays().await;
    }

    /// Payers who are being changed, wrong PINs, a look at a sale.
    async fn people(&mut self) {
        for (actor, tries) in [("zhao", 5), (CASHIER, 2)] {
            for _ in 0..tries {
                let shop = self.till.shop.clone();
                let input = ApprovalInput { actor: actor.into(), pin: "111111".into() };
                let tried = tokio::task::spawn_blocking(move || {
                    shop.staff.sign_in(&input, shop.clock.now()).map(|_| ())
                });
                tried.await.unwrap().unwrap_err();
            }
        }
        let looked_up = self.sales[0].sale_id.clone();
        let look = move |tx: &mut crate::store::Tx| {
            tx.log_enquiry(SUPERVISOR, &looked_up)?;
            tx.set_number("sms_revision", 4_711)
        };
        self.till.shop.store.write(look).await.unwrap();
    }

    /// Checkout ends before this is done, and all of it waits for the next start.
    async fn left_lying(&mut self) {
        let moved = self.payer("another phone since today").await;
        let unwarned = self.payer("another phone since today, the warning not sent").await;
        let old = self.phones[&unwarned].clone();
        self.world.knobs().fate.insert(old, MessageState::Failed);
        let silent = self.payer("another phone since today, the warning's outcome unknown").await;
        let old = self.phones[&silent].clone();
        self.world.knobs().fate.insert(old, MessageState::Unknown);
        self.changes_phone(&moved, "+8613900000001").await;
        self.changes_phone(&silent, "+8613900000003").await;
        self.changes_phone(&unwarned, "+8613900000002").await;
        self.quiet().await;
        let mut payers = Vec::new();
        for who in ["leaves", "leaves, their clip running", "gives a receipt back", "just committed"] {
            payers.push(self.payer(who).await);
        }
        self.world.knobs().hold_facts = true;
        let sealed = self.payer_ok(&payers[0], "SEALED, not witnessed yet").await;
        self.committed(&sealed, ReceiptState::Printed).await;
        self.release(&sealed).await;
        let id = sealed.clone();
        self.until(move |rows| Ok((rows.sale(&id)?.state() == SaleState::Sealed).then_some(()))).await;
        self.world.knobs().hold_clips = true;
        let released = self.payer_ok(&payers[1], "RELEASED, its clip running").await;
        self.committed(&released, ReceiptState::Printed).await;
        self.release(&released).await;
        self.world.knobs().paper = Paper::Sending;
        let undone = self.payer_ok(&payers[2], "VOIDED, its money not released yet").await;
        self.committed(&undone, ReceiptState::Printing).await;
        self.world.knobs().hold_photos = true;
        let committed = self.payer_ok(&payers[3], "COMMITTED").await;
        self.committed(&committed, ReceiptState::None).await;
        self.stop_working();
        self.sale_is(&committed, SaleState::Committed).await;
        self.void(&undone, Some(SUPERVISOR)).await;
    }

    /// Nothing is done outside any more; the schedule looks once, at 15:00.
    async fn in_the_afternoon(&mut self) {
        self.payer_as("ENROLLING, the mandate printing", PayerState::Enrolling).await;
        let card = self.payer_as("ENROLLING, the card printing", PayerState::Enrolling).await;
        let printing = |payer: &mut Payer| payer.enrol_step = EnrolStep::Card as i32;
        self.change_payer(&card, printing).await;
        self.payer_as("PENDING", PayerState::Pending).await;
        let another = self.payer("another card since today").await;
        self.gets_another_card(&another).await;
        self.till.advance(5);
        self.till.tick().await;
        self.payer_as("PENDING, not asked yet", PayerState::Pending).await;
        let late = self.payer("a sale that the ledger is asked for").await;
        let asking = self.payer_ok(&late, "PAYER_OK, being committed").await;
        self.begin_commit(&asking).await;
        self.payer_ok(&late, "PAYER_OK").await;
        self.basket("DRAFT with goods").await;
        self.draft("DRAFT").await;
        // It would be released by the next sale of this till, so it comes to paper after all others were opened.
        let waiting = self.sales.iter().find(|sale| sale.why == ON_PAPER).unwrap().sale_id.clone();
        let now_ms = self.till.shop.now_ms();
        let printed = |sale: &mut Sale| {
            sale.receipt.state = ReceiptState::Printed as i32;
            sale.receipt.originals = 1;
            (sale.receipt.last_byte_ms, sale.receipt.fence_ms) = (now_ms, now_ms);
        };
        self.change_sale(&waiting, printed).await;
        let states: HashSet<i32> = {
            let sales = self.till.shop.store.read(|rows| rows.all_sales()).await.unwrap();
            sales.iter().map(|sale| sale.state).collect()
        };
        assert_eq!(states, (1..=21).collect(), "every state but none");
    }

    async fn begin_commit(&mut self, sale_id: &str) {
        let (limits, moment) = (counter::limits(&self.till.shop), counter::moment(&self.till.shop).unwrap());
        let id = sale_id.to_owned();
        let begin = move |tx: &mut crate::store::Tx| {
            counter::begin_commit(tx, &id, None, &limits, &moment).map(|_| ())
        };
        self.till.shop.store.write(begin).await.unwrap();
    }

    async fn committed(&mut self, sale_id: &str, receipt: ReceiptState) {
        self.begin_commit(sale_id).await;
        let id = sale_id.to_owned();
        self.until(move |rows| {
            let sale = rows.sale(&id)?;
            let there = sale.state().is_committed() && sale.receipt.state() == receipt;
            Ok(there.then_some(()))
        })
        .await;
    }
}

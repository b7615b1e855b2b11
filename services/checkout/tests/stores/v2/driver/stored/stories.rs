//! What is over, or stands still, before the last morning.

use chit_proto::checkout::v1 as proto;

use super::*;

/// Three rounds, and one more day until the notice may go out.
const DAYS_TO_NOTICE: usize = 4;

impl Scene {
    /// Listed two years ago, and forgotten since.
    pub async fn an_expired_record(&mut self) {
        let payer = self.payer("an expired bad record").await;
        let sale = self.queued(&payer, "EXPIRED").await;
        self.tick().await;
        for _ in 0..DAYS_TO_NOTICE {
            self.next_day().await;
        }
        self.sale_is(&sale, SaleState::BadPending).await;
        for _ in 0..8 {
            self.next_day().await;
        }
        self.sale_is(&sale, SaleState::BadListed).await;
        self.till.advance(2 * 365 * DAY_H);
        self.tick().await;
        self.sale_is(&sale, SaleState::Expired).await;
    }

    pub async fn outcomes(&mut self) {
        let mut silent = Vec::new();
        for (who, why) in [
            ("pays a listed debt", "CLEARED"),
            ("a listed debt, objected to", "WRITTEN_OFF after a listing"),
            ("on the deny list", "BAD_LISTED"),
            ("rejects and is asked once more", "BAD_LISTED after a last round"),
        ] {
            let payer = self.payer(who).await;
            silent.push((payer.clone(), self.queued(&payer, why).await));
        }
        let unreachable = self.payer("unreachable").await;
        let fate = self.phones[&unreachable].clone();
        self.world.knobs().fate.insert(fate, MessageState::Submitted);
        let nowhere = self.queued(&unreachable, "UNREACHABLE").await;
        let guesser = self.payer("LOCKED").await;
        let guessed = self.queued(&guesser, "QUEUED, its payer locked").await;
        let tried = self.till.shop.clock.now();
        self.tick().await;
        self.three_wrong(&guesser, 0).await;

        let (last, asked_again) = silent[3].clone();
        self.writes(&last, "0").await;
        self.resolve(&asked_again, false).await;
        self.ends_of_one_day().await;
        for round in 1..3 {
            self.next_day().await;
            self.three_wrong(&guesser, round * 3).await;
        }
        assert_eq!(self.payer_state(&guesser).await, PayerState::Locked);
        self.next_day().await;
        self.sale_is(&guessed, SaleState::Queued).await;
        self.sale_is(&nowhere, SaleState::Unreachable).await;
        for _ in 0..9 {
            self.next_day().await;
        }
        for (_, sale) in &silent {
            self.sale_is(sale, SaleState::BadListed).await;
        }
        self.pays_cash(&silent[0].1.clone()).await;
        self.objects_in_person(&silent[1].1.clone()).await;
        self.resolve(&silent[1].1.clone(), true).await;
        self.quiet().await;
        self.sale_is(&silent[0].1, SaleState::Cleared).await;
        self.sale_is(&silent[1].1, SaleState::WrittenOff).await;
        assert!(self.till.shop.clock.now() > tried);
    }

    async fn three_wrong(&mut self, payer_id: &str, from: usize) {
        for n in from..from + 3 {
            self.answers_wrong(payer_id, n).await;
        }
    }

    /// Payers who answer on the day of their sale, one way or the other.
    async fn ends_of_one_day(&mut self) {
        let mut settled = Vec::new();
        for (who, why) in [
            ("pays", "SETTLED"),
            ("pays, then objects", "SETTLED, refunded"),
            ("pays, then objects in vain", "SETTLED, a dispute dismissed"),
            ("pays, then objects still", "SETTLED, a dispute open"),
            ("pays, and the bank returns it", "RETURNED"),
        ] {
            let payer = self.payer(who).await;
            let sale = self.queued(&payer, why).await;
            self.tick().await;
            self.answers_right(&payer).await;
            settled.push((payer, sale));
        }
        let sorry = self.payer("rejects, then gives the right code in person").await;
        let withdrawn = self.queued(&sorry, "SETTLED, a rejection withdrawn").await;
        self.tick().await;
        let code = self.right_code(&sorry).await;
        self.writes(&sorry, "0").await;
        self.answers_in_person(&sorry, code).await;
        settled.push((sorry, withdrawn));
        self.settle().await;
        self.quiet().await;
        for (_, sale) in &settled {
            self.sale_is(sale, SaleState::Settled).await;
        }
        for (payer, _) in &settled[1..4] {
            self.writes(payer, "0").await;
        }
        self.resolve(&settled[1].1.clone(), true).await;
        self.resolve(&settled[2].1.clone(), false).await;
        self.quiet().await;
        // No rail of this program returns anything yet, but the state is in its table.
        self.change_sale(&settled[4].1, |sale| sale.advance(SaleState::Returned).unwrap()).await;

        let cash = self.payer("pays in cash").await;
        let paid = self.queued(&cash, "PAID_OTHERWISE").await;
        let never = self.payer("rejects, rightly").await;
        let upheld = self.queued(&never, "WRITTEN_OFF after a rejection").await;
        self.tick().await;
        self.writes(&never, "否").await;
        self.resolve(&upheld, true).await;
        self.pays_cash(&paid).await;
        self.quiet().await;
        self.sale_is(&paid, SaleState::PaidOtherwise).await;
        self.sale_is(&upheld, SaleState::WrittenOff).await;
    }

    /// Bad records on their way: each stands somewhere else on the last day. Their hours end at 15:00.
    pub async fn second_cohort(&mut self) {
        self.enrolled_by_the_book().await;
        self.till.advance(5);
        let listed = self.payer("listed today").await;
        self.queued(&listed, "BAD_LISTED, its money not moved yet").await;
        self.tick().await;
        self.next_day().await;
        let mut noticed = Vec::new();
        for (who, why) in [
            ("has a notice", "BAD_PENDING, the notice delivered"),
            ("has no notice, for it failed", "BAD_PENDING, for a supervisor to list"),
            ("objects to a notice", "BAD_PENDING, a dispute open"),
        ] {
            let payer = self.payer(who).await;
            noticed.push((payer.clone(), self.queued(&payer, why).await));
        }
        self.tick().await;
        self.next_day().await;
        self.next_day().await;
        let fails = self.phones[&noticed[1].0].clone();
        self.world.knobs().fate.insert(fails, MessageState::Failed);
        for _ in 4..=7 {
            self.next_day().await;
        }
        for (_, sale) in &noticed {
            self.sale_is(sale, SaleState::BadPending).await;
        }
        self.objects_in_person(&noticed[2].1.clone()).await;
        let silent = self.payer("three rounds without a word").await;
        self.queued(&silent, "BAD_PENDING, no notice yet").await;
        self.tick().await;
        self.next_day().await;
        self.next_day().await;
        self.till.advance(19);
    }

    /// One payer whose enrolment took all its steps.
    async fn enrolled_by_the_book(&mut self) {
        let request = proto::EnrolPayerRequest {
            request_id: self.request_id(),
            name: "Bea Wu".into(),
            phone: "+8613900009000".into(),
            language: "en".into(),
            consent: true,
            approval: counter::approval(SUPERVISOR),
        };
        let payer = self.at_payers().enrol_payer(request).await.unwrap().into_inner().payer.unwrap();
        let id = payer.payer_id;
        self.phones.insert(id.clone(), "+8613900009000".into());
        self.payers.push((id.clone(), "enrolled by the book"));
        self.quiet().await;
        assert_eq!(self.payer_state(&id).await, PayerState::Pending);
        self.tick().await;
        self.answers_right(&id).await;
        assert_eq!(self.payer_state(&id).await, PayerState::Active);
    }
}

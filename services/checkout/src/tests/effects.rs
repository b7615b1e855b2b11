//! Each outside effect that moves money, done against a ledger at the other end of its socket: accounts, amounts, ids. The
//! ledger keeps books by its own rules and knows no sale.

#[path = "../../tests/service/far.rs"]
#[expect(dead_code, reason = "this far side has no streams")]
mod far;

use std::sync::{Arc, Mutex};

use chit_proto::ledger::v1 as ledger;
use chit_proto::money::v1::Money;
use chit_proto::sms_gateway::v1::MessageState;
use prost::Message as _;
use std::collections::BTreeMap;
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::Code;

use self::far::{Answer, Call, FarSide, unary, unknown};
use super::counter::void;
use super::disputes::open;
use super::fixture::{DAY_H, SUPERVISOR, Till};
use super::model::books::Books;
use crate::effects::{batch, transfers};
use crate::outbox::Effect;
use crate::sale::state::SaleState;
use crate::values::ids::SaleId;

const PRICE_MINOR: i64 = 1_250;

/// By the transfer's id, its bytes.
type Taken = BTreeMap<String, Vec<u8>>;

/// A ledger behind a socket. A group of transfers is taken whole or not at all; an id again gets its first answer.
#[derive(Clone, Default)]
struct Ledger(Arc<Mutex<(Books, Taken)>>);

impl Ledger {
    fn serve(till: &Till) -> Self {
        let ledger = Self::default();
        let run_dir = till.dir.path().join("run");
        std::fs::create_dir_all(&run_dir).unwrap();
        let listener = UnixListener::bind(run_dir.join("ledger.sock")).unwrap();
        let here = ledger.clone();
        let far = FarSide(move |call| here.clone().answer(call));
        let incoming = UnixListenerStream::new(listener);
        tokio::spawn(tonic::transport::Server::builder().serve_with_incoming(far, incoming));
        ledger
    }

    async fn answer(self, call: Call) -> Answer {
        if !call.uri().path().ends_with("/CreateTransfers") {
            return unknown();
        }
        unary(call, move |request: ledger::CreateTransfersRequest| {
            for transfer in &request.transfers {
                self.take(transfer)?;
            }
            Ok(ledger::CreateTransfersResponse { transfers: request.transfers, head: None })
        })
        .await
    }

    fn take(&self, transfer: &ledger::Transfer) -> Result<(), tonic::Status> {
        let mut state = self.0.lock().unwrap();
        let (books, known) = &mut *state;
        let body = transfer.encode_to_vec();
        if let Some(first) = known.get(&transfer.transfer_id) {
            assert_eq!(*first, body, "an id with another body");
            return Ok(());
        }
        let mut after = books.clone();
        after.take(transfer);
        if let Some(fault) = after.faults.last() {
            return Err(chit_runtime::error::status(Code::FailedPrecondition, "REFUSED", fault));
        }
        known.insert(transfer.transfer_id.clone(), body);
        *books = after;
        Ok(())
    }

    /// What the commit of this sale had reserved.
    async fn reserves(&self, till: &Till, sale: SaleId) {
        let owed = till.read(move |view| view.deduction(sale)).await;
        let reserved = ledger::Transfer {
            transfer_id: owed.pending.to_string(),
            kind: ledger::TransferKind::Pending as i32,
            debit_account_id: owed.account.to_string(),
            credit_account_id: till.shop.house.sales.clone(),
            amount: Some(Money { amount_minor: owed.amount_minor, currency_code: "CNY".into() }),
            ..ledger::Transfer::default()
        };
        self.take(&reserved).unwrap();
    }

    fn has(&self, id: impl ToString) -> bool {
        self.0.lock().unwrap().1.contains_key(&id.to_string())
    }

    /// Debits less credits of the payer, then of the shop's cash, sales, refunds and bad debt; then what is reserved.
    async fn balances(&self, till: &Till) -> [i64; 6] {
        let payer = till.payer().await.account.to_string();
        let (house, state) = (&till.shop.house, self.0.lock().unwrap());
        let books = &state.0;
        assert_eq!(books.sum(), 0, "the trial balance");
        let of = |account: &str| books.of(account);
        [
            of(&payer),
            of(&house.cash),
            of(&house.sales),
            of(&house.refunds),
            of(&house.bad_debt),
            books.reserved_minor(),
        ]
    }
}

/// Does what waits for the ledger, each twice, as after a crash before the answer was stored; the rest is done by hand.
async fn book(till: &Till) {
    for (entry, effect) in till.outbox().await {
        match effect {
            Effect::VoidPending { sale }
            | Effect::PostRefund { sale, .. }
            | Effect::MoveToBadDebt { sale, .. }
            | Effect::PostPayment { sale, .. }
            | Effect::PostRecovery { sale, .. } => {
                for _again in 0..2 {
                    transfers::book(&till.shop, entry, &effect, sale).await.unwrap();
                }
            }
            Effect::PostBatch { batch } => batch::post(&till.shop, entry, batch).await.unwrap(),
            _ => {}
        }
    }
}

async fn uphold(till: &Till, sale: SaleId) {
    let dispute = open(till, sale).await.unwrap().id;
    till.resolve(dispute, true).await.unwrap();
}

async fn settled(till: &Till, ledger: &Ledger) -> SaleId {
    let sale = till.verified().await;
    ledger.reserves(till, sale).await;
    till.settle().await.unwrap();
    book(till).await;
    assert_eq!(till.state(sale).await, SaleState::Settled);
    sale
}

async fn listed(till: &Till, ledger: &Ledger) -> SaleId {
    let sale = till.bad_pending().await;
    ledger.reserves(till, sale).await;
    till.advance(7 * DAY_H + 1);
    till.tick().await;
    book(till).await;
    assert_eq!(till.state(sale).await, SaleState::BadListed);
    sale
}

#[tokio::test]
async fn a_settled_sale_is_owed_by_the_payer_and_its_refund_goes_back_to_them() {
    let till = Till::open().await;
    let ledger = Ledger::serve(&till);
    let sale = settled(&till, &ledger).await;
    assert_eq!(ledger.balances(&till).await, [PRICE_MINOR, 0, -PRICE_MINOR, 0, 0, 0]);
    uphold(&till, sale).await;
    book(&till).await;
    assert_eq!(ledger.balances(&till).await, [0, 0, -PRICE_MINOR, PRICE_MINOR, 0, 0]);
    let refunds = till.read(move |view| view.deduction(sale)).await.refunds;
    assert!(refunds.len() == 1 && ledger.has(refunds[0].id));
}

#[tokio::test]
async fn what_was_paid_in_cash_is_in_the_drawer_and_is_paid_back_out_of_it() {
    let till = Till::open().await;
    let ledger = Ledger::serve(&till);
    let sale = till.queued(PRICE_MINOR).await;
    ledger.reserves(&till, sale).await;
    till.pays_in_cash(sale, None).await.unwrap();
    book(&till).await;
    assert_eq!(ledger.balances(&till).await, [0, PRICE_MINOR, -PRICE_MINOR, 0, 0, 0]);
    uphold(&till, sale).await;
    book(&till).await;
    assert_eq!(ledger.balances(&till).await, [0, 0, -PRICE_MINOR, PRICE_MINOR, 0, 0]);
}

#[tokio::test]
async fn a_part_in_cash_and_the_rest_by_the_rail_go_back_the_ways_they_came() {
    let till = Till::open().await;
    let ledger = Ledger::serve(&till);
    let (sale, _) = till.challenged().await;
    ledger.reserves(&till, sale).await;
    till.pays_in_cash(sale, Some(500)).await.unwrap();
    book(&till).await;
    assert_eq!(ledger.balances(&till).await, [0, 500, -500, 0, 0, PRICE_MINOR], "the reservation stays");
    till.ask(MessageState::Delivered).await;
    till.reply(&till.right(&till.open_challenge().await).await).await;
    till.settle().await.unwrap();
    book(&till).await;
    assert_eq!(ledger.balances(&till).await, [750, 500, -PRICE_MINOR, 0, 0, 0]);
    uphold(&till, sale).await;
    book(&till).await;
    assert_eq!(ledger.balances(&till).await, [0, 0, -PRICE_MINOR, PRICE_MINOR, 0, 0]);
}

#[tokio::test]
async fn a_listed_debt_leaves_the_payer_for_bad_debt() {
    let till = Till::open().await;
    let ledger = Ledger::serve(&till);
    listed(&till, &ledger).await;
    assert_eq!(ledger.balances(&till).await, [0, 0, -PRICE_MINOR, 0, PRICE_MINOR, 0]);
}

#[tokio::test]
async fn a_cleared_debt_is_cash_against_bad_debt_and_its_refund_is_cash_again() {
    let till = Till::open().await;
    let ledger = Ledger::serve(&till);
    let sale = listed(&till, &ledger).await;
    till.pays_in_cash(sale, None).await.unwrap();
    book(&till).await;
    assert_eq!(till.state(sale).await, SaleState::Cleared);
    assert_eq!(ledger.balances(&till).await, [0, PRICE_MINOR, -PRICE_MINOR, 0, 0, 0]);
    uphold(&till, sale).await;
    book(&till).await;
    assert_eq!(
        ledger.balances(&till).await,
        [0, 0, -PRICE_MINOR, PRICE_MINOR, 0, 0],
        "they paid cash: nothing is credited to an account that owes nothing"
    );
}

#[tokio::test]
async fn what_is_voided_or_written_off_leaves_nothing_reserved_and_nothing_posted() {
    for voided in [true, false] {
        let till = Till::open().await;
        let ledger = Ledger::serve(&till);
        let state = if voided { SaleState::Printing } else { SaleState::Queued };
        let sale = till.put(state, PRICE_MINOR, |_| {}).await;
        ledger.reserves(&till, sale).await;
        assert_eq!(ledger.balances(&till).await, [0, 0, 0, 0, 0, PRICE_MINOR]);
        if voided {
            void(&till, sale, Some(SUPERVISOR), true).await.unwrap();
        } else {
            uphold(&till, sale).await;
        }
        book(&till).await;
        assert_eq!(ledger.balances(&till).await, [0; 6], "voided: {voided}");
    }
}

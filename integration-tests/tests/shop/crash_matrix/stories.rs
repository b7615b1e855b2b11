//! Ways that a sale or an enrolment can go, each told twice: once undisturbed, then with deaths in it. What can be seen
//! from outside must be the same.

use std::path::PathBuf;
use std::time::Duration;

use checkout::{Attention, PayerState, Sale, SaleState, SmsTrace};
use chit_integration_tests::artefacts;
use chit_integration_tests::ask;
use chit_integration_tests::desk::{Journal, SUPERVISOR, new_id};
use chit_integration_tests::payer::Payer;
use chit_proto::checkout::v1 as checkout;
use chit_proto::ledger::v1::ListFactsRequest;
use chit_proto::money::v1::Money;
use chit_proto::sms_gateway::v1::ListMessagesRequest;

use super::collected;
use crate::open_shop::{AMOUNT_MINOR, Shop, options};

const ROUNDS: u32 = 3;
/// A challenge runs 24 h from its submission; so each round begins at the same hour of the day.
const A_ROUND_H: i64 = 24;
const OBJECTION_H: i64 = 7 * 24;
/// What follows from an end (a fact, an answer) comes within this time, also over a restart.
const REST_MAX: Duration = Duration::from_secs(30);
/// Nothing more comes after so long without a change.
const REST: Duration = Duration::from_millis(1_500);
const LOOK: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// Sold, answered right, settled.
    Settled,
    /// Paid in cash while the challenge is open.
    Cash,
    /// Settled, then a dispute that the payer wins.
    Refunded,
    /// Voided after the receipt was printed.
    Voided,
    /// One more copy of the receipt.
    Copied,
    /// A new payer, from the papers to the first right reply.
    Enrolled,
    /// Three rounds of silence, a notice, the deny list, and then cash.
    Recovered,
    /// Cash for a payer's account in the shop.
    PaidIn,
    /// Sold, answered right, collected by a file for the bank.
    Collected,
}

/// What can be seen from outside, each as what the story added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub state: String,
    pub debits_minor: i64,
    pub reserved_minor: i64,
    pub messages: usize,
    pub submits: u32,
    pub facts: usize,
    pub papers: usize,
    pub originals: usize,
    pub copies: usize,
    /// ORIGINALs and COPYs as checkout counts them.
    pub claimed: (usize, usize),
}

impl Outcome {
    /// Less of something, or more of it, than undisturbed.
    pub fn compared(&self, control: &Self) -> (bool, bool) {
        let counts = |one: &Self| {
            let papers = [one.papers, one.originals, one.copies, one.messages, one.facts];
            let papers = papers.map(|count| i64::try_from(count).unwrap());
            (one.debits_minor, one.reserved_minor, i64::from(one.submits), papers)
        };
        let (mine, theirs) = (counts(self), counts(control));
        let pairs = [(mine.0, theirs.0), (mine.1, theirs.1), (mine.2, theirs.2)];
        let pairs: Vec<(i64, i64)> = pairs.into_iter().chain(mine.3.into_iter().zip(theirs.3)).collect();
        let less = pairs.iter().any(|(mine, theirs)| mine < theirs) || self.state != control.state;
        (less, pairs.iter().any(|(mine, theirs)| mine > theirs))
    }

    pub fn words(&self) -> String {
        let Self { state, debits_minor, messages, facts, originals, copies, papers, .. } = self;
        let debits = *debits_minor / AMOUNT_MINOR;
        format!(
            "{state}; {debits} debits, {messages} SMS, {facts} facts, {papers} papers ({originals} ORIGINAL, {copies} COPY)"
        )
    }
}

/// Sums before a story.
#[derive(PartialEq, Eq)]
pub struct Before {
    debits: i64,
    reserved: i64,
    messages: usize,
    submits: u32,
    papers: usize,
}

/// What a story is about, once it has ended.
pub struct Told {
    subject_id: String,
    sale: Option<String>,
    end: String,
}

/// A shop whose sales do not wait for a photo: on a busy machine one may come late, and an override would be a fact more.
pub async fn open_shop(story: Story) -> Shop {
    if story == Story::Collected {
        return collected::open_shop().await;
    }
    Shop::open_with(&options().set("checkout", "evidence_policy", "best_effort")).await
}

impl Told {
    pub fn of_sale(sale_id: &str, end: SaleState) -> Self {
        Self {
            subject_id: sale_id.to_owned(),
            sale: Some(sale_id.to_owned()),
            end: end.as_str_name().to_owned(),
        }
    }
}

async fn look(shop: &Shop) -> Before {
    let books = shop.desk.books().await.unwrap();
    assert!(books.balanced && books.chain_ok, "the ledger is whole");
    let request = ListMessagesRequest { page_size: 1_000, ..Default::default() };
    let messages = ask!(shop.desk.sms, list_messages, request).unwrap().messages;
    Before {
        debits: books.balance.debits_posted_minor,
        reserved: books.balance.debits_pending_minor,
        messages: messages.len(),
        submits: messages.iter().map(|message| message.submits).sum(),
        papers: papers(shop),
    }
}

/// When what came before is over.
pub async fn look_at_rest(shop: &Shop) -> Before {
    let (mut last, mut since) = (look(shop).await, tokio::time::Instant::now());
    while since.elapsed() < REST {
        tokio::time::sleep(LOOK).await;
        let now = look(shop).await;
        if now != last {
            (last, since) = (now, tokio::time::Instant::now());
        }
    }
    last
}

fn papers(shop: &Shop) -> usize {
    let files = std::fs::read_dir(shop.house.place.papers()).unwrap();
    let paths = files.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "txt")).count()
}

async fn outcome(shop: &Shop, before: &Before, told: &Told) -> Outcome {
    let now = look(shop).await;
    let facts = ask!(shop.desk.ledger, list_facts, ListFactsRequest { subject_id: told.subject_id.clone() });
    let (mut state, mut originals, mut copies, mut claimed) = (told.end.clone(), 0, 0, (0, 0));
    if let Some(sale_id) = &told.sale {
        let sale = shop.desk.sale(sale_id).await.unwrap();
        sale.state().as_str_name().clone_into(&mut state);
        (originals, copies) = receipts(shop, &sale);
        let receipt = sale.receipt.unwrap_or_default();
        claimed = (receipt.originals as usize, receipt.copies as usize);
    }
    Outcome {
        state,
        debits_minor: now.debits - before.debits,
        reserved_minor: now.reserved - before.reserved,
        messages: now.messages - before.messages,
        submits: now.submits - before.submits,
        facts: facts.unwrap().facts.len(),
        papers: now.papers - before.papers,
        originals,
        copies,
        claimed,
    }
}

/// When nothing changes any more. A story that is told again ends as the first time, or this waits in vain for it.
pub async fn at_rest(shop: &Shop, before: &Before, told: &Told, control: Option<&Outcome>) -> Outcome {
    let begin = tokio::time::Instant::now();
    let (mut last, mut since) = (outcome(shop, before, told).await, begin);
    loop {
        let calm = since.elapsed() >= REST;
        let as_it_was = control.is_none_or(|control| *control == last);
        if (calm && as_it_was) || begin.elapsed() >= REST_MAX {
            // Not before: a copy is counted when the printer has taken it.
            assert_eq!(last.claimed, (last.originals, last.copies), "as on paper");
            return last;
        }
        tokio::time::sleep(LOOK).await;
        let now = outcome(shop, before, told).await;
        if now != last {
            (last, since) = (now, tokio::time::Instant::now());
        }
    }
}

/// ORIGINALs and COPYs. A void or refund notice speaks of the ORIGINAL too, but has no look-up code.
fn receipts(shop: &Shop, sale: &Sale) -> (usize, usize) {
    let lookup_code = &sale.receipt.as_ref().unwrap().lookup_code;
    let (originals, copies) = artefacts::receipts(&shop.house.place.papers(), &sale.receipt_no).unwrap();
    let is_receipt = |paper: &PathBuf| std::fs::read_to_string(paper).unwrap().contains(lookup_code.as_str());
    (originals.into_iter().filter(is_receipt).count(), copies.len())
}

impl Story {
    pub async fn tell(self, shop: &mut Shop) -> Told {
        if self == Self::Enrolled {
            return enrolled(shop).await;
        }
        if self == Self::PaidIn {
            return paid_in(shop).await;
        }
        let draft = shop.draft().await;
        let mut journal = shop.desk.journal(&draft.sale_id);
        shop.desk.confirm_person(&draft.sale_id).await.unwrap();
        shop.desk.commit(&draft.sale_id).await.unwrap();
        let end = match self {
            Self::Voided => voided(shop, &mut journal, &draft.sale_id).await,
            _ => {
                shop.see_through(&draft.sale_id, &mut journal, SaleState::Queued).await;
                self.after_the_counter(shop, &mut journal, &draft.sale_id).await
            }
        };
        Told::of_sale(&draft.sale_id, end.state())
    }

    async fn after_the_counter(self, shop: &mut Shop, journal: &mut Journal, sale_id: &str) -> Sale {
        match self {
            Self::Cash => {
                shop.payer.next_challenge().await.unwrap();
                journal.sale_is(SaleState::Challenged).await.unwrap();
                cash(shop, sale_id).await;
                journal.sale_is(SaleState::PaidOtherwise).await.unwrap()
            }
            Self::Recovered => recovered(shop, journal, sale_id).await,
            _ => {
                shop.payer.pay().await.unwrap();
                journal.sale_is(SaleState::Verified).await.unwrap();
                if self == Self::Collected {
                    return collected::collected(shop, journal, sale_id).await;
                }
                let settled = shop.settle(journal).await;
                match self {
                    Self::Refunded => refunded(shop, journal, sale_id).await,
                    Self::Copied => copied(shop, journal, sale_id).await,
                    _ => settled,
                }
            }
        }
    }
}

async fn voided(shop: &Shop, journal: &mut Journal, sale_id: &str) -> Sale {
    journal.sale_needs(Attention::Release).await.unwrap();
    let request = checkout::VoidSaleRequest {
        request_id: new_id(),
        sale_id: sale_id.to_owned(),
        approval: Some(shop.desk.pins.approval(SUPERVISOR).unwrap()),
        original_returned: true,
        ..Default::default()
    };
    ask!(shop.desk.sales, void_sale, request).unwrap();
    journal.sale_is(SaleState::Voided).await.unwrap()
}

async fn cash(shop: &Shop, sale_id: &str) {
    let request = checkout::RecordOtherPaymentRequest {
        request_id: new_id(),
        sale_id: sale_id.to_owned(),
        amount: None,
        approval: Some(shop.desk.pins.approval(SUPERVISOR).unwrap()),
    };
    ask!(shop.desk.sales, record_other_payment, request).unwrap();
}

async fn refunded(shop: &Shop, journal: &mut Journal, sale_id: &str) -> Sale {
    let cause = checkout::DisputeCause::InPerson;
    let dispute = shop.desk.open_dispute(sale_id, cause).await.unwrap();
    shop.desk.resolve_dispute(&dispute.dispute_id, true).await.unwrap();
    journal.sale("refunded", |sale| !sale.refund_transfer_id.is_empty()).await.unwrap()
}

async fn copied(shop: &Shop, journal: &mut Journal, sale_id: &str) -> Sale {
    let request = checkout::ReprintReceiptRequest { request_id: new_id(), sale_id: sale_id.to_owned() };
    ask!(shop.desk.sales, reprint_receipt, request).unwrap();
    let copy = |sale: &Sale| sale.receipt.as_ref().is_some_and(|receipt| receipt.copies == 1);
    journal.sale("COPY 1", copy).await.unwrap()
}

async fn recovered(shop: &mut Shop, journal: &mut Journal, sale_id: &str) -> Sale {
    for round in 1..=ROUNDS {
        shop.payer.next_challenge().await.unwrap();
        let delivered = |sms: &SmsTrace| sms.purpose == "CHALLENGE" && sms.state == "DELIVERED";
        let asked = |sale: &Sale| {
            sale.rounds == round && sale.sms.iter().filter(|sms| delivered(sms)).count() == round as usize
        };
        journal.sale("asked once more", asked).await.unwrap();
        shop.desk.advance_hours(A_ROUND_H).await.unwrap();
    }
    journal.sale_is(SaleState::BadPending).await.unwrap();
    let out = |sms: &SmsTrace| sms.purpose == "NOTICE" && sms.state == "DELIVERED";
    journal.sale("the notice is out", |sale| sale.sms.iter().any(out)).await.unwrap();
    shop.desk.advance_hours(OBJECTION_H).await.unwrap();
    let due = |sale: &Sale| {
        sale.state() == SaleState::BadListed || sale.attention().any(|item| item == Attention::Listing)
    };
    if journal.sale("listed, or for a supervisor to list", due).await.unwrap().state() != SaleState::BadListed
    {
        list(shop, sale_id).await;
        journal.sale_is(SaleState::BadListed).await.unwrap();
    }
    cash(shop, sale_id).await;
    journal.sale_is(SaleState::Cleared).await.unwrap()
}

/// A clip that a busy machine cut short is listed by a person only.
async fn list(shop: &Shop, sale_id: &str) {
    let request = checkout::ListBadRecordRequest {
        request_id: new_id(),
        sale_id: sale_id.to_owned(),
        approval: Some(shop.desk.pins.approval(SUPERVISOR).unwrap()),
    };
    ask!(shop.desk.deductions, list_bad_record, request).unwrap();
}

async fn paid_in(shop: &Shop) -> Told {
    let currency_code = shop.desk.currency_code.clone();
    let request = checkout::PayInRequest {
        request_id: new_id(),
        payer_id: shop.payer_id.clone(),
        amount: Some(Money { amount_minor: AMOUNT_MINOR, currency_code }),
        approval: Some(shop.desk.pins.approval(SUPERVISOR).unwrap()),
    };
    ask!(shop.desk.house_accounts, pay_in, request).unwrap();
    // No fact has this subject: those of the payer are of all that went before.
    Told { subject_id: new_id(), sale: None, end: "PAID_IN".into() }
}

async fn enrolled(shop: &Shop) -> Told {
    let mut payer = Payer::with_phone(&shop.house.simulators, ulid::Ulid::generate().0).await.unwrap();
    let enrolled = shop.desk.enrol("Bo Chen", payer.phone(), "en").await.unwrap();
    let mut journal = shop.desk.journal(&enrolled.payer_id);
    let pending = journal.payer("PENDING", |payer| payer.state() == PayerState::Pending).await.unwrap();
    payer.take_card(&shop.house.simulators.printer, &pending.card_serial).await.unwrap();
    payer.pay().await.unwrap();
    journal.payer("ACTIVE", |payer| payer.state() == PayerState::Active).await.unwrap();
    Told { subject_id: enrolled.payer_id, sale: None, end: "PAYER_STATE_ACTIVE".into() }
}

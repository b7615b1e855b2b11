//! *Answering erases the film*: 72 hours after the payer was told that the sale is deducted, video and photos are gone for
//! everybody, unless a dispute holds them (DESIGN "Retention by profile", eu).

use std::time::Duration;

use chit_integration_tests::ask;
use chit_integration_tests::desk::Journal;
use chit_proto::checkout::v1::{DisputeCause, Sale, SaleState, SmsTrace};
use chit_proto::ledger::v1::{FactKind, ListFactsRequest};
use chit_proto::media_capture::v1::{GetRetentionRequest, ReadEvidenceFileRequest, Retention};
use chit_runtime::error::reason_of;
use tokio::time::{Instant, sleep};

use crate::open_shop::{Shop, options};

const TERM_H: i64 = 72;
/// The keeper of the film looks every second in a sandbox, and checkout tells it what it knows meanwhile.
const SEEN_MAX: Duration = Duration::from_secs(30);
/// Three looks of the keeper.
const WATCHED: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(100);

async fn open_shop() -> Shop {
    Shop::open_with(&options().set("media-capture", "retention", "eu")).await
}

/// Sold, answered right, and the payer was told so.
async fn answered(shop: &mut Shop) -> (Sale, Journal) {
    let (sale, mut journal) = shop.sell().await;
    shop.payer.pay().await.unwrap();
    journal.sale_is(SaleState::Verified).await.unwrap();
    let told = |sms: &SmsTrace| sms.purpose == "ANSWER" && sms.state == "DELIVERED";
    journal.sale("told that it is deducted", |sale| sale.sms.iter().any(told)).await.unwrap();
    until(shop, &sale, |kept| kept.film_due_time.is_some() && kept.film_releasable_time.is_some()).await;
    (sale, journal)
}

async fn retention(shop: &Shop, sale: &Sale) -> Retention {
    let request = GetRetentionRequest { sale_id: sale.sale_id.clone() };
    ask!(shop.desk.evidence, get_retention, request).unwrap().retention.unwrap()
}

async fn until(shop: &Shop, sale: &Sale, fits: impl Fn(&Retention) -> bool) -> Retention {
    let begin = Instant::now();
    loop {
        let kept = retention(shop, sale).await;
        if fits(&kept) {
            return kept;
        }
        assert!(begin.elapsed() < SEEN_MAX, "{kept:?}");
        sleep(LOOK).await;
    }
}

/// The keeper looks, and leaves it.
async fn stays(shop: &Shop, sale: &Sale) -> Retention {
    let begin = Instant::now();
    loop {
        let kept = retention(shop, sale).await;
        assert!(kept.film_kept, "{kept:?}");
        if begin.elapsed() >= WATCHED {
            return kept;
        }
        sleep(LOOK).await;
    }
}

/// None, or the reason why nobody can read it.
async fn unreadable(shop: &Shop, sale: &Sale, name: &str) -> Option<String> {
    let (sale_id, name) = (sale.sale_id.clone(), name.to_owned());
    let request = ReadEvidenceFileRequest { sale_id, name, offset_bytes: 0 };
    let mut media = shop.desk.media.clone();
    match media.read_evidence_file(request).await {
        Err(refused) => reason_of(&refused),
        Ok(pieces) => pieces.into_inner().message().await.err().and_then(|refused| reason_of(&refused)),
    }
}

async fn witnessed(shop: &Shop, sale: &Sale, kind: FactKind) -> usize {
    let request = ListFactsRequest { subject_id: sale.sale_id.clone() };
    let facts = ask!(shop.desk.ledger, list_facts, request).unwrap().facts;
    facts.iter().filter(|fact| fact.kind() == kind).count()
}

async fn until_witnessed(shop: &Shop, sale: &Sale, kind: FactKind) {
    let begin = Instant::now();
    while witnessed(shop, sale, kind).await == 0 {
        assert!(begin.elapsed() < SEEN_MAX, "the ledger has no {}", kind.as_str_name());
        sleep(LOOK).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_film_is_gone_72_hours_after_the_payer_was_told_and_the_ledger_knows_it() {
    let mut shop = open_shop().await;
    let (sale, mut journal) = answered(&mut shop).await;
    shop.settle(&mut journal).await;
    shop.desk.advance_hours(TERM_H - 1).await.unwrap();
    stays(&shop, &sale).await;
    assert_eq!(unreadable(&shop, &sale, "video.mp4").await, None);
    shop.desk.advance_hours(2).await.unwrap();
    let kept = until(&shop, &sale, |kept| !kept.film_kept).await;
    assert_eq!(kept.film_erased_rule, "eu/notice+72h");
    for film in ["video.mp4", "photo-1.jpg"] {
        assert_eq!(unreadable(&shop, &sale, film).await.as_deref(), Some("FILM_ERASED"));
    }
    assert_eq!(unreadable(&shop, &sale, "goods.bin").await, None, "what was sold stays");
    until_witnessed(&shop, &sale, FactKind::FilmErased).await;
    assert_eq!(witnessed(&shop, &sale, FactKind::FilmErased).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispute_keeps_the_film_beyond_its_term_and_its_end_lets_it_go() {
    let mut shop = open_shop().await;
    let (sale, _) = answered(&mut shop).await;
    let dispute = shop.desk.open_dispute(&sale.sale_id, DisputeCause::InPerson).await.unwrap();
    until(&shop, &sale, |kept| !kept.holds.is_empty()).await;
    shop.desk.advance_hours(TERM_H + 24).await.unwrap();
    let held = stays(&shop, &sale).await;
    assert_eq!(held.holds[0].hold_id, dispute.dispute_id);
    assert_eq!(unreadable(&shop, &sale, "video.mp4").await, None);
    shop.desk.resolve_dispute(&dispute.dispute_id, false).await.unwrap();
    until(&shop, &sale, |kept| !kept.film_kept).await;
    for kind in [FactKind::EvidenceHeld, FactKind::EvidenceReleased, FactKind::FilmErased] {
        until_witnessed(&shop, &sale, kind).await;
    }
}

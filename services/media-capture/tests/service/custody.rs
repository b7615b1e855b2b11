//! How long evidence is kept, and its end.

use std::io::Write as _;

use chit_proto::media_capture::v1::*;
use chit_runtime::Clock;
use chit_runtime::error::reason_of;
use jiff::SignedDuration;
use prost_types::Timestamp;
use tokio::time::timeout;

use crate::rig::{DEADLINE, Rig, SALE};
use crate::two_fragments;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

async fn sealed_sale(keys: &str) -> Rig {
    let (mut rig, camera) = Rig::with_camera_and(keys).await;
    rig.begin(SALE, SALE).await;
    rig.photo(SALE, PhotoKind::PayerAndGoods).await;
    rig.goods(SALE, b"the goods").await.unwrap();
    two_fragments(&mut rig, SALE).await;
    rig.stop(SALE, 0).await;
    rig.until_sealed(SALE).await;
    drop(camera);
    rig
}

async fn answered(rig: &mut Rig, verified: i64) -> Retention {
    let request = NoteSaleRequest {
        sale_id: SALE.into(),
        verified_time: at(verified),
        notice_delivered_time: at(verified + HOUR),
        ..NoteSaleRequest::default()
    };
    rig.evidence.note_sale(request).await.unwrap().into_inner().retention.unwrap()
}

fn hold(id: &str) -> HoldEvidenceRequest {
    let hold = Hold {
        hold_id: id.into(),
        kind: HoldKind::Dispute.into(),
        actor: "wang".into(),
        reason: "a dispute".into(),
        since_time: None,
    };
    HoldEvidenceRequest { sale_id: SALE.into(), hold: Some(hold) }
}

async fn next_entry(log: &mut tonic::Streaming<WatchEvidenceLogResponse>) -> WatchEvidenceLogResponse {
    timeout(DEADLINE, log.message()).await.expect("in time").unwrap().unwrap()
}

#[tokio::test]
async fn answering_erases_the_film_after_its_term_and_the_log_says_by_which_rule() {
    let mut rig = sealed_sale("retention = \"eu\"").await;
    let watch = WatchEvidenceLogRequest { after_position: 0 };
    let mut log = rig.evidence.watch_evidence_log(watch).await.unwrap().into_inner();
    let kept = answered(&mut rig, now() - 72 * HOUR - 2 * HOUR).await;
    assert_eq!(kept.profile, "eu");
    // Whoever asks, or the next look at what is due.
    rig.evidence.hold_evidence(hold("d0")).await.ok();
    let released = ReleaseHoldRequest { sale_id: SALE.into(), hold_id: "d0".into(), actor: "wang".into() };
    rig.evidence.release_hold(released).await.unwrap();
    let erased = loop {
        let entry = next_entry(&mut log).await;
        if entry.kind() == EvidenceLogKind::FilmErased {
            break entry;
        }
    };
    assert_eq!((&*erased.rule, &*erased.sale_id, erased.manifest_sha256.len()), ("eu/notice+72h", SALE, 32));
    for film in ["video.mp4", "photo-1.jpg"] {
        let gone = rig.file(SALE, film, 0).await.unwrap_err();
        assert_eq!(reason_of(&gone).as_deref(), Some("FILM_ERASED"));
    }
    assert_eq!(rig.file(SALE, "goods.bin", 0).await.unwrap(), b"the goods", "the rest stays");
    let state = rig.shared.state_dir.join("media-capture");
    assert!(!state.join("film-keys").join(format!("{SALE}.age")).exists(), "its key is gone, in backups too");
    rig.kill_and_restart().await;
    let request = GetRetentionRequest { sale_id: SALE.into() };
    let kept = rig.evidence.get_retention(request).await.unwrap().into_inner().retention.unwrap();
    assert!(!kept.film_kept && kept.film_erased_time.is_some());
}

#[tokio::test]
async fn a_hold_keeps_the_film_beyond_its_term_and_its_release_ends_it() {
    let mut rig = sealed_sale("retention = \"eu\"").await;
    rig.evidence.hold_evidence(hold("d1")).await.unwrap();
    let held = answered(&mut rig, now() - 40 * DAY).await;
    assert_eq!((held.film_kept, held.holds.len()), (true, 1));
    let purge = PurgeEvidenceRequest { sale_id: SALE.into(), actor: "zhao".into(), reason: String::new() };
    let refused = rig.evidence.purge_evidence(purge.clone()).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("EVIDENCE_HELD"));
    assert!(!rig.file(SALE, "video.mp4", 0).await.unwrap().is_empty());
    let release = ReleaseHoldRequest { sale_id: SALE.into(), hold_id: "d1".into(), actor: "wang".into() };
    rig.evidence.release_hold(release).await.unwrap();
    let erased = async {
        while rig.file(SALE, "video.mp4", 0).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, erased).await.expect("it goes when nobody holds it any more");
    let refused = rig.evidence.hold_evidence(hold("d2")).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("FILM_ERASED"));
}

#[tokio::test]
async fn a_person_may_end_it_early_only_where_the_profile_allows_it() {
    let mut rig = sealed_sale("retention = \"eu\"").await;
    let purge = PurgeEvidenceRequest { sale_id: SALE.into(), actor: "zhao".into(), reason: "asked".into() };
    let refused = rig.evidence.purge_evidence(purge.clone()).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("FILM_STILL_NEEDED"));
    answered(&mut rig, now() - 2 * HOUR).await;
    let nobody = PurgeEvidenceRequest { actor: String::new(), ..purge.clone() };
    let refused = rig.evidence.purge_evidence(nobody).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("INVALID_ACTOR"));
    for _ in 0..2 {
        let kept = rig.evidence.purge_evidence(purge.clone()).await.unwrap().into_inner().retention.unwrap();
        assert_eq!((kept.film_kept, &*kept.film_erased_rule), (false, "person"));
    }
}

#[tokio::test]
async fn what_nobody_told_anything_of_is_kept_however_old_it_is() {
    let mut rig = sealed_sale("").await;
    let clock = Clock::of(&rig.shared);
    clock.advance(SignedDuration::from_hours(24 * 400)).unwrap();
    rig.kill_and_restart().await;
    let request = GetRetentionRequest { sale_id: SALE.into() };
    let kept = rig.evidence.get_retention(request).await.unwrap().into_inner().retention.unwrap();
    assert_eq!((&*kept.profile, kept.film_kept, kept.film_due_time), ("cn", true, None));
    assert!(!rig.file(SALE, "video.mp4", 0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_third_party_gets_a_redacted_copy_that_says_so_or_the_originals_on_the_record() {
    let mut rig = sealed_sale("").await;
    let mut names = Vec::new();
    for unredacted in [false, true] {
        let (actor, reason) = ("zhao".to_owned(), "police".to_owned());
        let request = ExportEvidenceRequest { sale_id: SALE.into(), unredacted, actor, reason };
        let mut pieces = rig.evidence.export_evidence(request).await.unwrap().into_inner();
        let mut archive = tempfile::tempfile().unwrap();
        while let Some(piece) = pieces.message().await.unwrap() {
            assert!(piece.data.len() <= 64 * 1024);
            archive.write_all(&piece.data).unwrap();
        }
        let archive = zip::ZipArchive::new(archive).unwrap();
        let mut listed: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        listed.sort();
        names.push(listed);
    }
    let always = ["README.txt", "goods.bin", "manifest.binpb", "manifest.sig"];
    assert_eq!(names[0][..4], always.map(str::to_owned));
    assert_eq!(names[0][4..], ["redacted-photo-1.jpg", "redacted-video.mp4"]);
    assert_eq!(names[1].iter().filter(|name| name.starts_with("redacted")).count(), 0);
    assert!(names[1].contains(&"film-key.age".to_owned()) && names[1].contains(&"video.mp4".to_owned()));
    let watch = WatchEvidenceLogRequest { after_position: 0 };
    let mut log = rig.evidence.watch_evidence_log(watch).await.unwrap().into_inner();
    for want in [EvidenceLogKind::ExportedRedacted, EvidenceLogKind::ExportedWhole] {
        let entry = next_entry(&mut log).await;
        assert_eq!((entry.kind(), &*entry.actor, &*entry.reason), (want, "zhao", "police"));
    }
}

//! What is kept, until when, and its end.

use std::fmt::Write as _;

use chit_proto::media_capture::v1::{
    EvidenceLogKind, GetRetentionRequest, Hold, HoldEvidenceRequest, HoldKind, PurgeEvidenceRequest,
    ReleaseHoldRequest, Retention, WatchEvidenceLogRequest,
};
use prost_types::Timestamp;
use serde_json::json;
use tokio::time::{Duration, timeout};

use crate::failure::Failure;
use crate::shop::{Shop, ask};

/// The log's stream never ends; what is there comes at once.
const LOG_WAIT: Duration = Duration::from_millis(300);

pub async fn show(shop: &Shop, sale_id: String) -> Result<(), Failure> {
    let evidence = shop.evidence();
    let answer = ask!(evidence.get_retention(GetRetentionRequest { sale_id: sale_id.clone() })).await?;
    tell(shop, &answer.retention.unwrap_or_default());
    Ok(())
}

pub async fn hold(
    shop: &Shop,
    sale_id: String,
    actor: String,
    reason: String,
    hold_id: Option<String>,
) -> Result<(), Failure> {
    let evidence = shop.evidence();
    let hold_id = hold_id.unwrap_or_else(|| actor.clone());
    let hold = Hold { hold_id, kind: HoldKind::Person.into(), actor, reason, since_time: None };
    let request = HoldEvidenceRequest { sale_id, hold: Some(hold) };
    let answer = ask!(evidence.hold_evidence(request.clone())).await?;
    tell(shop, &answer.retention.unwrap_or_default());
    Ok(())
}

pub async fn release(
    shop: &Shop,
    sale_id: String,
    actor: String,
    hold_id: Option<String>,
) -> Result<(), Failure> {
    let evidence = shop.evidence();
    let hold_id = hold_id.unwrap_or_else(|| actor.clone());
    let request = ReleaseHoldRequest { sale_id, hold_id, actor };
    let answer = ask!(evidence.release_hold(request.clone())).await?;
    tell(shop, &answer.retention.unwrap_or_default());
    Ok(())
}

pub async fn purge(shop: &Shop, sale_id: String, actor: String, reason: String) -> Result<(), Failure> {
    let evidence = shop.evidence();
    let request = PurgeEvidenceRequest { sale_id, actor, reason };
    let answer = ask!(evidence.purge_evidence(request.clone())).await?;
    tell(shop, &answer.retention.unwrap_or_default());
    Ok(())
}

pub async fn log(shop: &Shop) -> Result<(), Failure> {
    let mut evidence = shop.evidence();
    let request = WatchEvidenceLogRequest { after_position: 0 };
    let mut entries = evidence.watch_evidence_log(request).await?.into_inner();
    while let Ok(entry) = timeout(LOG_WAIT, entries.message()).await {
        let Some(entry) = entry? else { break };
        let kind = entry.kind().as_str_name().trim_start_matches("EVIDENCE_LOG_KIND_").to_owned();
        let is_known = entry.kind() != EvidenceLogKind::Unspecified;
        let text = format!(
            "{:>6}  {}  {kind}  {}  {} {} {}",
            entry.position,
            when(entry.time.as_ref()),
            entry.sale_id,
            entry.rule,
            entry.actor,
            entry.reason
        );
        let value = json!({
            "position": entry.position, "sale_id": entry.sale_id, "kind": kind, "known": is_known,
            "time": when(entry.time.as_ref()), "rule": entry.rule, "actor": entry.actor, "reason": entry.reason,
        });
        shop.output.result(text, &value);
    }
    Ok(())
}

fn tell(shop: &Shop, kept: &Retention) {
    let mut text = format!("sale {} · profile {}\n", kept.sale_id, kept.profile);
    let film = match (kept.film_kept, &kept.film_erased_time) {
        (false, Some(at)) => format!("erased {} by {}", when(Some(at)), kept.film_erased_rule),
        _ => format!(
            "kept; may go from {}, goes at {}",
            when(kept.film_releasable_time.as_ref()),
            when(kept.film_due_time.as_ref())
        ),
    };
    let _ = writeln!(text, "video and photos: {film}");
    let _ = writeln!(text, "goods and manifest: go at {}", when(kept.rest_due_time.as_ref()));
    for hold in &kept.holds {
        let _ = writeln!(
            text,
            "held by {} ({}) since {}: {}",
            hold.actor,
            hold.hold_id,
            when(hold.since_time.as_ref()),
            hold.reason
        );
    }
    let value = json!({
        "sale_id": kept.sale_id,
        "profile": kept.profile,
        "film_kept": kept.film_kept,
        "film_releasable_time": kept.film_releasable_time.as_ref().map(|at| when(Some(at))),
        "film_due_time": kept.film_due_time.as_ref().map(|at| when(Some(at))),
        "rest_due_time": kept.rest_due_time.as_ref().map(|at| when(Some(at))),
        "film_erased_time": kept.film_erased_time.as_ref().map(|at| when(Some(at))),
        "film_erased_rule": kept.film_erased_rule,
        "holds": kept.holds.iter().map(|hold| json!({"hold_id": hold.hold_id, "actor": hold.actor, "reason": hold.reason})).collect::<Vec<_>>(),
    });
    shop.output.result(text, &value);
}

fn when(time: Option<&Timestamp>) -> String {
    let at = time.and_then(|time| jiff::Timestamp::new(time.seconds, time.nanos).ok());
    at.map_or_else(|| "not known yet".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

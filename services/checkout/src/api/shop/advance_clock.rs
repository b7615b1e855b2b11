use std::sync::Arc;

use chit_proto::checkout::v1::{AdvanceClockRequest, AdvanceClockResponse};
use tonic::Status;

use jiff::SignedDuration;

use crate::domain::refusal::{Refusal, RefusalKind};
use crate::shop::Shop;

/// Ten years: longer than any record is kept.
const DAYS_MAX: i64 = 3_660;

pub async fn handle(shop: &Arc<Shop>, request: AdvanceClockRequest) -> Result<AdvanceClockResponse, Status> {
    if !shop.sandbox {
        let message = "the clock of a real shop is the system's; only a sandbox can be moved";
        return Err(Refusal::new(RefusalKind::WrongState, "NOT_A_SANDBOX", message).into());
    }
    let by = request.by.map_or(0, |by| by.seconds);
    if !(1..=DAYS_MAX * 86_400).contains(&by) {
        return Err(Refusal::field("by", "DURATION_INVALID", "give 1 s to 3660 days").into());
    }
    shop.clock
        .advance(SignedDuration::from_secs(by))
        .map_err(|error| Refusal::internal(format!("the clock was not moved: {error:#}")))?;
    shop.wake.notify_one();
    Ok(AdvanceClockResponse { now: Some(chit_runtime::clock::to_proto(shop.clock.now())) })
}

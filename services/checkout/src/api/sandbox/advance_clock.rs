use std::sync::Arc;

use chit_proto::checkout::v1::{AdvanceClockRequest, AdvanceClockResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::context::Shop;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind};
use jiff::SignedDuration;

/// Ten years: longer than any record is kept.
const DAYS_MAX: i64 = 3_660;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<AdvanceClockRequest>,
) -> Result<AdvanceClockResponse, Status> {
    if !shop.sandbox {
        let message = "the clock of a real shop is the system's; only a sandbox can be moved";
        return Err(Refusal::new(RefusalKind::WrongState, Reason::NOT_A_SANDBOX, message).into());
    }
    let by = call.body.by.map_or(0, |by| by.seconds);
    if !(1..=DAYS_MAX * 86_400).contains(&by) {
        return Err(Refusal::field("by", Reason::DURATION_INVALID, "give 1 s to 3660 days").into());
    }
    shop.clock
        .advance(SignedDuration::from_secs(by))
        .map_err(|error| Refusal::internal(format!("the clock was not moved: {error:#}")))?;
    shop.signals.wake.notify_one();
    Ok(AdvanceClockResponse { now: Some(chit_runtime::clock::to_proto(shop.clock.now())) })
}

//! Why an effect did not happen, and whether to try again soon.

use tonic::{Code, Status};

use crate::domain::refusal::Refusal;

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The far side is away or busy: try again soon.
    #[error("the other service did not answer: {0}")]
    Away(Status),
    /// The far side refused: trying the same again is not expected to help.
    #[error("the other service refused ({reason})")]
    Refused { reason: String, status: Status },
    /// Our own state.
    #[error(transparent)]
    State(#[from] Refusal),
}

impl From<Status> for Fault {
    fn from(status: Status) -> Self {
        match status.code() {
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::Unknown
            | Code::ResourceExhausted
            | Code::Internal => Self::Away(status),
            _ => {
                let reason = chit_runtime::error::reason_of(&status).unwrap_or_else(|| "NO_REASON".into());
                Self::Refused { reason, status }
            }
        }
    }
}

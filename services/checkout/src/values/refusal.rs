//! Why a request is refused: what kind of refusal, a stable reason, and what to do about it.

use super::reason::Reason;

/// Which gRPC code the refusal becomes; named for what the caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The request can never succeed as it is.
    BadInput,
    /// The thing named does not exist.
    NotFound,
    /// Not in this state; another call or event has to come first.
    WrongState,
    /// Nobody has said who acts.
    NotSignedIn,
    /// This person may not do it.
    NotAllowed,
    /// The same id was used for another request.
    Conflict,
    /// Too much waits already; later.
    Unavailable,
    /// The process is going; another one will answer.
    Stopping,
    /// The state on disk cannot be read or written.
    Internal,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", field.as_deref().map(|field| format!("{field}: ")).unwrap_or_default())]
pub struct Refusal {
    pub kind: RefusalKind,
    pub reason: Reason,
    /// Field of the request, where one is to blame.
    pub field: Option<String>,
    /// What happened and what to do. Never personal data, never a code.
    pub message: String,
}

pub type Result<T> = std::result::Result<T, Refusal>;

impl Refusal {
    pub fn new(kind: RefusalKind, reason: Reason, message: impl Into<String>) -> Self {
        Self { kind, reason, field: None, message: message.into() }
    }

    pub fn field(field: impl Into<String>, reason: Reason, remedy: impl Into<String>) -> Self {
        Self { kind: RefusalKind::BadInput, reason, field: Some(field.into()), message: remedy.into() }
    }

    pub fn not_found(reason: Reason, what: &str) -> Self {
        Self::new(RefusalKind::NotFound, reason, format!("no such {what}; check the id"))
    }

    /// The same again would be refused again; otherwise the disk, the load or the moment is to blame.
    pub fn is_about_the_request(&self) -> bool {
        !matches!(self.kind, RefusalKind::Internal | RefusalKind::Unavailable | RefusalKind::Stopping)
    }

    pub fn wrong_state(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::WrongState, Reason::WRONG_STATE, message)
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::Internal, Reason::INTERNAL, message)
    }
}

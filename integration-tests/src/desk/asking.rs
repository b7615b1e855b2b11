//! One way to call: with the runtime's deadline and retry, and an error that keeps its reason.

use std::fmt;
use std::time::Duration;

use tonic::{Code, Status};

/// A call that takes longer than this has failed. A camera scan looks for up to 10 s.
pub const CALL_MAX: Duration = Duration::from_secs(20);

/// A service said no.
#[derive(Debug)]
pub struct Refused {
    pub method: &'static str,
    pub code: Code,
    /// ErrorInfo's reason, or the code's name.
    pub reason: String,
    pub message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({:?}): {}", self.method, self.reason, self.code, self.message)
    }
}

impl std::error::Error for Refused {}

impl Refused {
    pub fn new(method: &'static str, status: &Status) -> Self {
        let reason = chit_runtime::error::reason_of(status).unwrap_or_else(|| format!("{:?}", status.code()));
        Self { method, code: status.code(), reason, message: status.message().to_owned() }
    }

    /// The reason in an error chain, if a service's refusal is in it.
    pub fn reason_in(error: &anyhow::Error) -> Option<&str> {
        error.chain().find_map(|cause| cause.downcast_ref::<Self>()).map(|refused| refused.reason.as_str())
    }
}

pub fn settle<T>(method: &'static str, answer: Result<T, Status>) -> anyhow::Result<T> {
    Ok(answer.map_err(|status| Refused::new(method, &status))?)
}

/// `ask!(self.sales, start_sale, request)`: the answer's message, or [`Refused`].
#[macro_export]
macro_rules! ask {
    ($client:expr, $method:ident, $request:expr) => {{
        let client = &$client;
        let answer = chit_runtime::call($crate::desk::CALL_MAX, $request, |request| {
            let mut client = client.clone();
            async move { client.$method(request).await }
        });
        $crate::desk::settle(stringify!($method), answer.await)
    }};
}

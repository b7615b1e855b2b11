//! The one decision at the counter: facts → bits → the shop's action codes.

mod assessment;
mod refusal;
mod rules;
mod verdict;

pub use assessment::{Moment, Subject, assess};
pub use refusal::{approval_needed, refused};
pub use rules::{Face, Limits, RiskResult, SANDBOX_REFUSED_ENDING};
pub use verdict::{ActionCodes, Verdict};

//! The saga: what checkout does outside after a change of state. The state says what to do next, so a killed
//! checkout goes on where it was; the far sides answer repeated ids with their first answers (I5).

mod commit;
mod dispatcher;
mod enrolment;
pub mod far;
mod fault;
mod house;
mod messages;
mod money;
mod printing;
mod recording;
pub mod stuck;

pub use dispatcher::run;
pub use fault::Fault;
pub use house::ensure_accounts;
pub use recording::seal;

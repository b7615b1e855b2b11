//! What checkout does outside after a change of state. The state says what to do next, so a killed checkout takes up what
//! it finds; the other services answer repeated ids with their first answers (I5).

mod accounts;
mod announce;
mod aside;
pub mod bank_file;
pub mod batch;
pub mod bookings;
mod caption;
mod code;
mod dispatcher;
mod enrolment;
mod evidence;
mod facts;
pub mod flight;
pub mod goods;
mod hand_over;
pub mod house_cash;
mod issuer;
mod papers;
mod point;
mod receipt;
mod receipt_qr;
mod recording;
mod reserve;
mod sms;
pub mod transfers;

pub use accounts::ensure_accounts;
pub use code::{issue, remove_pictures};
pub use dispatcher::run;

//! The people of the shop: who they are, their PINs, and what they approve.

pub mod approval;
mod desk;
mod grant;
pub mod pin;
mod stored;

pub use desk::{ApprovalInput, Staff};
pub use grant::{Grant, JointGrant};

//! The people of the shop: who they are, their PINs and sessions, and what they approve; and the devices that call without a
//! person.

pub mod approval;
pub mod browser;
mod desk;
pub mod device;
mod grant;
pub mod origin;
pub mod people;
pub mod person;
pub mod session;
mod stored;

pub use desk::{ApprovalInput, Asked, Staff};
pub use grant::{Grant, JointGrant};

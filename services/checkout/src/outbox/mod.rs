//! What has to be done outside after a change of state: entries written in the same transaction (I6), done one after the
//! other in their lane, and taken out by what they changed.

pub mod effect;
mod effect_record;
mod entry;
pub mod fact;
pub mod message;
mod room;

pub use effect::{Effect, Hold, Lane};
pub use entry::full;

//! Checkout without any other service: what it stores, decides and would do outside. The far sides are played by
//! hand, time by the sandbox's clock.

mod approvals;
mod bank;
mod caps;
mod cash;
mod changes;
mod clocks;
mod counter;
mod custody;
mod disputes;
mod effects;
mod erasure;
pub mod fixture;
mod lanes;
mod locked;
mod lost;
mod model;
mod objections;
mod replies;
mod reports;
mod risks;
mod sealed;
mod silence;
mod storage;
mod stuck;
mod town;
mod trust;

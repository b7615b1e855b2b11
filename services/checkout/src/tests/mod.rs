//! Checkout without any other service: what it stores, decides and would do outside. The far sides are played by
//! hand, time by the sandbox's clock.

mod approvals;
mod caps;
mod changes;
mod clocks;
mod counter;
mod disputes;
mod fixture;
mod lost;
mod replies;
mod silence;
mod storage;
mod stuck;

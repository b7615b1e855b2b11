//! The printer service alone, with an independent printer at the far end: `emupos`, a program of other people that
//! puts papers into PNG and text. A fault proxy between them does what emupos cannot.

pub mod bench;
pub mod emupos;
pub mod judge;
pub mod kill_run;
pub mod papers;
pub mod proxy;
pub mod report;
pub mod service;
pub mod sink;

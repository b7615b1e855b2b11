//! The whole shop: real binaries under a supervisor, simulated devices at the far ends of real wires. One program, so
//! that it is linked once; each module is one promise.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod api_doc;
mod attack;
mod backup;
mod bad_input;
mod bank;
mod command_line;
mod crash_matrix;
mod dependency_rule;
mod doctor;
mod ends;
mod foreign_clients;
mod issuer;
mod layers;
mod magic_amounts;
mod no_secrets;
mod open_shop;
mod papers;
mod pc;
mod reachable;
mod restart_table;
mod retention;
mod rotel;
mod supervisor;
mod trace;
mod video;
mod watchdog;
mod whole_sale;

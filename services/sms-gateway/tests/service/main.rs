//! The service as its callers see it: the real binary, its socket, and a modem on a pseudo terminal.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod care;
mod inbound;
mod modem_state;
mod outbound;
mod people;
mod requests;
mod support;

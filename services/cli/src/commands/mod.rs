//! One file a command.

pub mod deduct;
pub mod dispute;
pub mod doctor;
pub mod enrol;
pub mod evidence;
pub mod init;
pub mod ledger;
pub mod payer;
pub mod pki;
pub mod sale;
pub mod sandbox;
pub mod settle;
pub mod sms;
mod sms_modem;
mod sms_outbox;
pub mod status;

//! One file a command.

pub mod camera;
pub mod clock;
pub mod deduct;
pub mod device;
pub mod dispute;
pub mod doctor;
pub mod enrol;
pub mod evidence;
pub mod init;
pub mod ledger;
pub mod payer;
pub mod pki;
pub mod printer;
pub mod report_hardware;
pub mod sale;
pub mod sandbox;
pub mod scanner;
pub mod settle;
pub mod shift;
pub mod sign_in;
pub mod sms;
mod sms_modem;
mod sms_outbox;
mod sms_send;
mod sms_test;
pub mod staff;
pub mod status;

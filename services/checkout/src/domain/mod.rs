//! The rules of a sale, pure: time, ids and randomness come in as arguments; nothing here waits, stores or sends.

pub mod approval;
pub mod basket;
pub mod challenge_text;
pub mod code_card;
pub mod dialogue;
pub mod effect;
pub mod event;
pub mod hotp;
pub mod money;
pub mod name;
pub mod payer;
pub mod payer_code;
pub mod payer_code_digits;
pub mod payer_texts;
pub mod people;
pub mod proof;
pub mod quiet_hours;
pub mod refusal;
pub mod reply;
pub mod risk;
pub mod sale;
pub mod scan_route;
pub mod settlement;
pub mod sms_text;
pub mod verification;
pub mod z_report;

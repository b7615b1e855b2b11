//! The rules of a sale, pure: time, ids and randomness come in as arguments; nothing here waits, stores or sends.

pub mod approval;
pub mod basket;
pub mod challenge_text;
pub mod code_card;
pub mod hotp;
pub mod money;
pub mod payer;
pub mod payer_code;
pub mod payer_code_digits;
pub mod payer_texts;
pub mod proof;
pub mod quiet_hours;
pub mod reply;
pub mod risk;
pub mod scan_route;
pub mod sms_text;
pub mod verification;

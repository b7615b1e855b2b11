//! What every part of checkout speaks in: ids, amounts, local days, reasons of refusals. Knows nothing of a sale.

pub mod calendar;
pub mod ids;
pub mod money;
pub mod name;
pub mod phone;
pub mod reason;
pub mod refusal;
pub mod short_code;
pub mod sms_text;
pub mod target;
pub mod time;

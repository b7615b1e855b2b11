//! One canonical form of a phone number, however a person or a network writes it.
//!
//! Networks write the same sender as `+8613800138000`, `008613800138000`, `8613800138000` or `13800138000`, with a type of
//! number (3GPP TS 23.040 §9.1.2.5, SMPP v3.4 §5.2.5) that may be wrong; some countries have two forms of one mobile number
//! (`+54 9 11 …` = `+54 11 …`). Two writings are the same subscriber exactly when their [`Canonical`] forms are equal.
//!
//! - [`enrol`] takes what a person typed, strictly: one number, valid in its country, that can get an SMS at its own price.
//! - [`sender`] takes what a network wrote and says every number that it may mean. Accept it only when exactly one of those
//!   numbers is enrolled.
//!
//! Numbering plans come from the crate `phonenumber` (the metadata of libphonenumber); what it lacks is in `fold`.
//! Nothing here shows digits in `Debug` or in an error.

mod canonical;
mod country;
mod enrol;
mod fold;
mod read;
mod sender;

pub use canonical::{Canonical, CanonicalError, DIGITS_MAX, DIGITS_MIN};
pub use country::{Country, CountryError};
pub use enrol::{Enrolled, NumberError, enrol};
pub use sender::{CANDIDATES_MAX, Sender, TypeOfNumber, sender};

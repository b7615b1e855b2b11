//! What the keeper of a sale's film has to know.

use jiff::Timestamp;

use crate::values::ids::MessageId;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Custody {
    /// The payer's right answer came.
    pub answered_at: Option<Timestamp>,
    /// The message that says to the payer that the sale will be deducted, and when it was delivered.
    pub statement: Option<MessageId>,
    pub stated_at: Option<Timestamp>,
    /// Nothing is owed any more.
    pub concluded_at: Option<Timestamp>,
    /// Somebody asked about the sale; the film stays until then.
    pub enquiry: Option<Enquiry>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enquiry {
    pub by: String,
    pub ends_at: Timestamp,
}

//! Ids by what they name, so that a sale's id is never taken for its transfer's.

use std::fmt;
use std::str::FromStr;

use ulid::Ulid;

use super::reason::Reason;
use super::refusal::Refusal;

/// Sixteen bytes in the store, 26 characters elsewhere; they sort by the time they were made.
macro_rules! ulid_ids {
    ($($(#[$doc:meta])* $name:ident = $what:literal, $unknown:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Ulid);

        impl $name {
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.to_bytes()
            }
        }

        impl From<[u8; 16]> for $name {
            fn from(bytes: [u8; 16]) -> Self {
                Self(Ulid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, concat!(stringify!($name), "({})"), self.0)
            }
        }

        /// What is no id names nothing.
        impl FromStr for $name {
            type Err = Refusal;

            fn from_str(text: &str) -> Result<Self, Refusal> {
                Ulid::from_string(text).map(Self).map_err(|_malformed| Refusal::not_found($unknown, $what))
            }
        }
    )*};
}

ulid_ids! {
    /// A sale, and the deduction of its amount: one each, for ever (I3).
    SaleId = "sale", Reason::SALE_NOT_FOUND;
    ChallengeId = "challenge", Reason::CHALLENGE_NOT_FOUND;
    /// An outgoing SMS; the gateway knows it under the same id.
    MessageId = "message", Reason::MESSAGE_NOT_FOUND;
    /// A fact that the ledger witnesses.
    FactId = "fact", Reason::FACT_NOT_FOUND;
    DisputeId = "dispute", Reason::DISPUTE_NOT_FOUND;
    BatchId = "settlement batch", Reason::BATCH_NOT_FOUND;
    /// A print job.
    JobId = "print job", Reason::JOB_NOT_FOUND;
    RecordingId = "recording", Reason::RECORDING_NOT_FOUND;
    /// A transfer in the ledger. One that the ledger refused is spent there.
    TransferId = "transfer", Reason::TRANSFER_NOT_FOUND;
    /// An account in the ledger.
    AccountId = "account", Reason::ACCOUNT_NOT_FOUND;
    /// What an issuer is asked, once: to judge a reply, to assign rows.
    IssuerRequestId = "forwarded reply", Reason::FORWARD_NOT_FOUND;
    MandateId = "mandate", Reason::MANDATE_NOT_FOUND;
    /// Something about money at the bank that a person has to look into.
    ExceptionId = "exception", Reason::EXCEPTION_NOT_FOUND;
    /// What one part of a bank's file changes in the ledger.
    PostingId = "posting", Reason::POSTING_NOT_FOUND;
}

/// Eight random bytes given at enrolment; says nothing about the person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayerId(pub [u8; 8]);

impl PayerId {
    /// What receipts show of it.
    pub fn last4(self) -> String {
        self.to_string()[12..].to_owned()
    }
}

impl fmt::Display for PayerId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PayerId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PayerId({self})")
    }
}

impl FromStr for PayerId {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let mut id = [0; 8];
        hex::decode_to_slice(text, &mut id)
            .map_err(|_not_hex| Refusal::not_found(Reason::PAYER_NOT_FOUND, "payer"))?;
        Ok(Self(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_what_is_none_names_nothing() {
        let id = SaleId(Ulid::from_parts(1_795_000_000_000, 7));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(SaleId::from(id.to_bytes()), id);
        assert_eq!("".parse::<SaleId>().unwrap_err().reason, Reason::SALE_NOT_FOUND);
        let payer = PayerId([1, 2, 3, 4, 5, 6, 7, 0xff]);
        assert_eq!((payer.to_string().parse(), payer.last4().as_str()), (Ok(payer), "07ff"));
        assert!("0102".parse::<PayerId>().is_err());
    }
}

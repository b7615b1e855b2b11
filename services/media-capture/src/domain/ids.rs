//! Ids the caller chooses. Both become file names or keys, so only the one canonical ULID spelling passes.

use thiserror::Error;

#[derive(Debug, Error, PartialEq, Eq)]
#[error("use a ULID: 26 characters of Crockford base32 in upper case")]
pub struct NotUlid;

macro_rules! id {
    ($name:ident, $what:literal) => {
        #[doc = $what]
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            pub fn parse(text: &str) -> Result<Self, NotUlid> {
                let ulid = ulid::Ulid::from_string(text).map_err(|_| NotUlid)?;
                if ulid.to_string() == text { Ok(Self(text.to_owned())) } else { Err(NotUlid) }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(RecordingId, "A recording; also the idempotency key of everything done to it.");
id!(SaleId, "A sale; also the name of its evidence folder.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_of_a_ulid_is_an_id() {
        assert!(SaleId::parse("01J9ZQ4M8W5T7V2X3Y6B0C1D2E").is_ok());
        for bad in ["", "..", "../../etc/passwd", "01j9zq4m8w5t7v2x3y6b0c1d2e", "01J9ZQ4M8W5T7V2X3Y6B0C1D2"] {
            assert_eq!(SaleId::parse(bad), Err(NotUlid), "{bad}");
        }
    }
}

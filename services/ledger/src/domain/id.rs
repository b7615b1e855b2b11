//! Identifiers: 128-bit ULIDs chosen by the caller.

use std::fmt;

use ulid::Ulid;

macro_rules! ulid_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// Takes the canonical form only: the decoder would also take lower case and silently drop bits above
            /// 128, so two texts could name one id. Nil is refused because it reads as "unset".
            pub fn parse(text: &str) -> Option<Self> {
                let ulid = Ulid::from_string(text).ok()?;
                let mut canonical = [0; ulid::ULID_LEN];
                let canonical = ulid.array_to_str(&mut canonical);
                (!ulid.is_nil() && canonical == text).then_some(Self(ulid.into()))
            }

            /// Big-endian, so that bytes sort like ids.
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Ulid::from(self.0).array_to_str(&mut [0; ulid::ULID_LEN]))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

ulid_newtype!(AccountId);
ulid_newtype!(TransferId);
ulid_newtype!(FactId);

impl AccountId {
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl TransferId {
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_exactly_one_spelling() {
        assert!(TransferId::parse("01D39ZY06FGSCTVN4T2V9PKHFZ").is_some());
        assert!(TransferId::parse("01d39zy06fgsctvn4t2v9pkhfz").is_none(), "lower case");
        assert!(TransferId::parse("81D39ZY06FGSCTVN4T2V9PKHFZ").is_none(), "more than 128 bits");
        assert!(TransferId::parse("00000000000000000000000000").is_none(), "nil");
        assert!(TransferId::parse("").is_none());
    }

    #[test]
    fn bytes_sort_like_ids() {
        let early = TransferId::parse("01D39ZY06FGSCTVN4T2V9PKHFZ").unwrap();
        let late = TransferId::parse("01E39ZY06FGSCTVN4T2V9PKHFZ").unwrap();
        assert!(early < late && early.to_bytes() < late.to_bytes());
        assert_eq!(TransferId::from_bytes(early.to_bytes()), early);
    }
}

//! The shop's country, which says what a number without a country code means.

use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;

/// ISO 3166-1 alpha-2, of a country with a numbering plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country(Id);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the two letters of a country (ISO 3166-1), such as CN or DE")]
pub struct CountryError;

impl Country {
    pub fn from_iso(alpha_2: &str) -> Result<Self, CountryError> {
        let upper = alpha_2.to_ascii_uppercase();
        let id: Id = upper.parse().map_err(|_unknown| CountryError)?;
        // The crate's own list also has names without a plan of their own (ZZ).
        DATABASE.by_id(id.as_ref()).map(|_plan| Self(id)).ok_or(CountryError)
    }

    pub fn iso(&self) -> &str {
        self.0.as_ref()
    }

    pub(crate) fn id(self) -> Id {
        self.0
    }

    /// E.164 country code, such as `86`.
    pub(crate) fn calling_code(self) -> String {
        let plan = DATABASE.by_id(self.0.as_ref()).expect("from_iso looked it up");
        plan.country_code().to_string()
    }

    /// What people dial before an area code here (`0`, in North America `1`), when `digits` begin with it.
    pub(crate) fn without_trunk_prefix(self, digits: &str) -> Option<&str> {
        digits.strip_prefix(DATABASE.by_id(self.0.as_ref())?.national_prefix()?)
    }

    /// What people dial before a country code here (`011`, `810`, `00` and a carrier …), when `digits` begin with it.
    pub(crate) fn without_international_prefix(self, digits: &str) -> Option<&str> {
        let plan = DATABASE.by_id(self.0.as_ref())?;
        let found = plan.international_prefix()?.find(digits)?;
        (found.start() == 0 && found.end() > 0).then(|| &digits[found.end()..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_two_letters_of_iso_3166() {
        assert_eq!(Country::from_iso("cn").unwrap().iso(), "CN");
        assert_eq!(Country::from_iso("DE").unwrap().calling_code(), "49");
        for wrong in ["", "C", "China", "86", "XX", "ZZ", "ＣＮ"] {
            assert_eq!(Country::from_iso(wrong), Err(CountryError), "{wrong:?}");
        }
    }

    #[test]
    fn each_country_knows_its_international_prefix() {
        let of = |iso: &str| Country::from_iso(iso).unwrap();
        assert_eq!(of("US").without_international_prefix("01186138"), Some("86138"));
        assert_eq!(of("RU").without_international_prefix("81086138"), Some("86138"));
        assert_eq!(of("CN").without_international_prefix("0086138"), Some("86138"));
        assert_eq!(of("US").without_international_prefix("138"), None);
    }
}

//! Whose phone is asked about a card, and in which language.

use std::fmt;
use std::str::FromStr;

use super::Refusal;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    Chinese,
    English,
}

impl Language {
    pub fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

impl FromStr for Language {
    type Err = Refusal;

    fn from_str(tag: &str) -> Result<Self, Refusal> {
        let known = [Self::Chinese, Self::English].into_iter().find(|language| language.tag() == tag);
        known.ok_or(Refusal::LanguageUnknown)
    }
}

/// Who was given the card, as far as the issuer needs to know. The phone is redacted in Debug (invariant I12).
#[derive(Clone, PartialEq, Eq)]
pub struct Holder {
    /// E.164.
    pub phone: String,
    pub language: Language,
}

impl Holder {
    /// In which two writings of one number are equal.
    pub fn canonical(&self) -> String {
        // A number that no plan folds stands for itself.
        chit_msisdn::Canonical::from_e164(&self.phone)
            .map_or_else(|_no_plan| self.phone.clone(), |canonical| canonical.as_str().to_owned())
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Holder(redacted, {})", self.language.tag())
    }
}

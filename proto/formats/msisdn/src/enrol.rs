//! What a person typed when a payer was enrolled.

use crate::canonical::Canonical;
use crate::country::Country;
use crate::fold;
use crate::read::{self, Line, Reading};
use std::fmt;

/// Longer text is no phone number. A number of 15 digits with a separator after each is 31 characters.
const TEXT_CHARS_MAX: usize = 40;

/// A number to send to, and the form that it is compared by.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolled {
    canonical: Canonical,
    dial: String,
}

impl Enrolled {
    pub fn canonical(&self) -> &Canonical {
        &self.canonical
    }

    /// E.164 with `+`: what to send to.
    pub fn dial(&self) -> &str {
        &self.dial
    }

    pub fn into_canonical(self) -> Canonical {
        self.canonical
    }
}

impl fmt::Debug for Enrolled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enrolled(…)")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error("is empty; ask for the payer's mobile number")]
    Empty,
    #[error("holds a letter or a sign that no phone number has; write digits, spaces and a leading + only")]
    NotANumber,
    #[error("holds more than one number; give one")]
    TooLong,
    #[error(
        "is no number in use, neither here nor abroad; check each digit, and begin a foreign number with + and its country code"
    )]
    Invalid,
    #[error("means one number here and another one abroad; begin it with + and its country code")]
    Ambiguous,
    #[error("is a service or premium number, which gets no SMS or costs extra; ask for a mobile number")]
    NotASubscriber,
}

/// One number, valid in its country. Separators that people write (space, `-`, `.`, `/`, brackets) and full-width digits are fine.
pub fn enrol(text: &str, country: Country) -> Result<Enrolled, NumberError> {
    let written = Written::read(text)?;
    let reading = if written.plus {
        // "+00…" is a slip; so is a trunk zero after the country code, which the plan takes away.
        let digits = written.digits.strip_prefix("00").unwrap_or(&written.digits);
        read::international(digits).ok_or(NumberError::Invalid)?
    } else {
        without_plus(&written.digits, country)?
    };
    if reading.line == Line::Service {
        return Err(NumberError::NotASubscriber);
    }
    Ok(Enrolled { canonical: reading.canonical(), dial: format!("+{}", fold::dial(&reading.digits)) })
}

/// At home first: a shop's staff write the numbers of their own country.
fn without_plus(digits: &str, country: Country) -> Result<Reading, NumberError> {
    let abroad = read::dialled_abroad(digits, country);
    if let [one, rest @ ..] = abroad.as_slice() {
        let same = rest.iter().all(|other| other.canonical() == one.canonical());
        return if same { Ok(one.clone()) } else { Err(NumberError::Ambiguous) };
    }
    // Without +, digits with a country code are taken only for the shop's own.
    let own = |reading: &Reading| reading.digits.starts_with(&country.calling_code());
    read::national(digits, country)
        .or_else(|| read::international(digits).filter(own))
        .ok_or(NumberError::Invalid)
}

struct Written {
    plus: bool,
    digits: String,
}

impl Written {
    fn read(text: &str) -> Result<Self, NumberError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NumberError::Empty);
        }
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(NumberError::TooLong);
        }
        let rest = text.strip_prefix(['+', '＋']);
        let mut digits = String::new();
        for letter in rest.unwrap_or(text).chars() {
            match letter {
                '0'..='9' => digits.push(letter),
                // U+FF10 to U+FF19, as an input method for Chinese or Japanese writes them.
                '０'..='９' => {
                    let value = u32::from(letter) - u32::from('０');
                    digits.extend(char::from_digit(value, 10));
                }
                ' '
                | '\u{a0}'
                | '\u{3000}'
                | '\u{2010}'..='\u{2014}'
                | '-'
                | '.'
                | '/'
                | '('
                | ')'
                | '（'
                | '）' => {}
                _ => return Err(NumberError::NotANumber),
            }
        }
        if digits.is_empty() {
            return Err(NumberError::NotANumber);
        }
        Ok(Self { plus: rest.is_some(), digits })
    }
}

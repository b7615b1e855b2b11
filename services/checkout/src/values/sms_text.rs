//! A text that fits one SMS part. Longer texts are split by the network and may arrive in halves, so none is made.

use std::fmt;

/// 140 octets hold 160 GSM-7 septets or 70 UCS-2 units (3GPP TS 23.040 §9.2.3.16).
pub const SEPTETS_MAX: usize = 160;
pub const UCS2_UNITS_MAX: usize = 70;

/// 3GPP TS 23.038 §6.2.1, without ESC.
const GSM7_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                          ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// §6.2.1.1: each costs two septets, ESC first.
const GSM7_EXTENSION: &str = "^{}\\[~]|€";

/// Shop names are cut to this before any text is tried.
const SHOP_CHARACTERS_MAX: usize = 30;
/// A name is cut to fewer characters only when no shorter wording is left.
const SHOP_CHARACTERS_MIN: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    Chinese,
    English,
}

/// None when a character has no GSM-7 form.
pub fn gsm7_septets(text: &str) -> Option<usize> {
    text.chars().try_fold(0, |septets, character| {
        if GSM7_BASIC.contains(character) {
            Some(septets + 1)
        } else if GSM7_EXTENSION.contains(character) {
            Some(septets + 2)
        } else {
            None
        }
    })
}

pub fn fits_one_part(text: &str) -> bool {
    match gsm7_septets(text) {
        Some(septets) => septets <= SEPTETS_MAX,
        None => text.encode_utf16().count() <= UCS2_UNITS_MAX,
    }
}

/// Redacted in Debug (invariant I12). Always one part.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsText(String);

impl SmsText {
    pub fn new(text: String) -> Option<Self> {
        fits_one_part(&text).then_some(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SmsText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SmsText(redacted, {} characters)", self.0.chars().count())
    }
}

/// Puts the shop's name in front of the first body that fits, longest wording first, and cuts the name to make
/// it fit: to no less than four characters while a shorter wording is left, then to one.
pub fn fit(language: Language, shop: &str, bodies: &[String]) -> Option<SmsText> {
    let shop = clean_shop_name(language, shop);
    let whole = shop.chars().count();
    for (at, body) in bodies.iter().enumerate() {
        let shortest = if at + 1 == bodies.len() { 1 } else { SHOP_CHARACTERS_MIN.min(whole) };
        for length in (shortest..=whole).rev() {
            let name: String = shop.chars().take(length).collect();
            let text = match language {
                Language::Chinese => format!("【{}】{body}", name.trim_end()),
                Language::English => format!("{}: {body}", name.trim_end()),
            };
            if let Some(text) = SmsText::new(text) {
                return Some(text);
            }
        }
    }
    None
}

/// A name that cannot break the text: no brackets of its own, no controls, in Chinese no character that costs
/// two UCS-2 units (the tightest wording has room for one), in English only what GSM-7 has.
fn clean_shop_name(language: Language, shop: &str) -> String {
    let keep = |character: &char| match language {
        Language::Chinese => {
            !character.is_control() && character.len_utf16() == 1 && !matches!(character, '【' | '】')
        }
        Language::English => GSM7_BASIC.contains(*character) && !character.is_control(),
    };
    let cleaned: String = shop.chars().filter(keep).collect();
    let cut: String = cleaned.trim().chars().take(SHOP_CHARACTERS_MAX).collect();
    match (cut.is_empty(), language) {
        (false, _) => cut,
        (true, Language::Chinese) => "商店".to_owned(),
        (true, Language::English) => "SHOP".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gsm_alphabet_has_its_127_characters_and_extensions_cost_two() {
        assert_eq!(GSM7_BASIC.chars().count(), 127);
        assert_eq!(gsm7_septets("a€[b]"), Some(8));
        assert_eq!(gsm7_septets("中"), None);
    }

    #[test]
    fn one_character_more_than_a_part_is_refused() {
        assert!(SmsText::new("a".repeat(160)).is_some() && SmsText::new("a".repeat(161)).is_none());
        assert!(SmsText::new("中".repeat(70)).is_some() && SmsText::new("中".repeat(71)).is_none());
        assert!(SmsText::new("👍".repeat(35)).is_some() && SmsText::new("👍".repeat(36)).is_none());
    }

    #[test]
    fn a_text_never_shows_in_debug_output() {
        assert_eq!(
            format!("{:?}", SmsText::new("row 23".to_owned())),
            "Some(SmsText(redacted, 6 characters))"
        );
    }

    #[test]
    fn a_shop_name_that_cannot_be_written_is_replaced() {
        let text = fit(Language::English, "惠民", &["hello".to_owned()]).unwrap();
        assert_eq!(text.as_str(), "SHOP: hello");
        let text = fit(Language::Chinese, "【\n👍】", &["你好".to_owned()]).unwrap();
        assert_eq!(text.as_str(), "【商店】你好");
    }
}

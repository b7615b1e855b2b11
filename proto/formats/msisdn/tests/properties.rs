//! What holds for every text.

use chit_msisdn::{CANDIDATES_MAX, Canonical, Country, Sender, TypeOfNumber, enrol, sender};
use proptest::prelude::*;

fn shop() -> impl Strategy<Value = Country> {
    proptest::sample::select(vec![
        "CN", "US", "DE", "AR", "MX", "BR", "RU", "IT", "GB", "BJ", "CI", "IN", "KR", "IL",
    ])
    .prop_map(|iso| Country::from_iso(iso).expect("an ISO code"))
}

fn hint() -> impl Strategy<Value = TypeOfNumber> {
    (0u8..8).prop_map(TypeOfNumber::from_bits)
}

// The plans' patterns are compiled anew in each process and run unoptimised; `just fuzz-msisdn` goes further.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_address_gives_few_different_canonical_numbers(address in "\\+?[0-9]{0,21}|.{0,24}", hint in hint(), shop in shop()) {
        let sender = sender(&address, hint, shop);
        let candidates = sender.candidates();
        prop_assert!(candidates.len() <= CANDIDATES_MAX);
        prop_assert_eq!(candidates.is_empty(), !matches!(sender, Sender::Candidates(_)));
        for (at, number) in candidates.iter().enumerate() {
            prop_assert!(!candidates[..at].contains(number));
            prop_assert_eq!(&Canonical::from_e164(number.as_str()).unwrap(), number, "folding twice changes nothing");
        }
        let shown = format!("{sender:?}");
        prop_assert!(!shown.bytes().any(|byte| byte.is_ascii_digit()));
    }

    #[test]
    fn what_enrolment_takes_the_network_may_write(text in "\\+?[0-9]{6,15}|0[0-9]{8,11}|1[3-9][0-9]{9}", shop in shop()) {
        let Ok(enrolled) = enrol(&text, shop) else { return Ok(()) };
        let digits = enrolled.dial().trim_start_matches('+').to_owned();
        for address in [enrolled.dial().to_owned(), digits.clone(), format!("00{digits}"), enrolled.canonical().as_str().to_owned()] {
            for bits in [0, 1, 2] {
                let sender = sender(&address, TypeOfNumber::from_bits(bits), shop);
                prop_assert!(sender.candidates().contains(enrolled.canonical()));
            }
        }
        let again = enrol(enrolled.dial(), shop).unwrap();
        prop_assert_eq!(again, enrolled);
    }

    #[test]
    fn a_refusal_shows_no_digit(text in ".{0,48}", shop in shop()) {
        if let Err(refusal) = enrol(&text, shop) {
            let told = format!("{refusal} {refusal:?}");
            prop_assert!(!told.bytes().any(|byte| byte.is_ascii_digit()));
        }
    }
}

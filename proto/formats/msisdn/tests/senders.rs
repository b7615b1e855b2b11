//! What networks write, and who it is.

use TypeOfNumber::{
    Abbreviated, Alphanumeric, International, National, NetworkSpecific, Subscriber, Unknown,
};
use chit_msisdn::{Canonical, Country, DIGITS_MAX, Sender, TypeOfNumber, enrol, sender};

fn country(iso: &str) -> Country {
    Country::from_iso(iso).expect("an ISO code")
}

fn number(e164: &str) -> Canonical {
    Canonical::from_e164(e164).expect("an E.164 number")
}

/// One enrolled number: does a message with this sender come from it?
fn is_from(enrolled: &str, address: &str, hint: TypeOfNumber, shop: &str) -> bool {
    let enrolled = number(enrolled);
    sender(address, hint, country(shop)).only(|candidate| (*candidate == enrolled).then_some(())).is_some()
}

#[test]
fn a_payer_is_known_however_their_network_writes_the_number() {
    for (enrolled, shop, addresses) in [
        (
            "+8613912345678",
            "CN",
            &["8613912345678", "13912345678", "008613912345678", "+8613912345678", "1259313912345678"][..],
        ),
        ("+4915112345678", "DE", &["015112345678", "15112345678", "004915112345678", "+49015112345678"]),
        ("+12015550123", "US", &["2015550123", "12015550123", "01112015550123"]),
        (
            "+79161234567",
            "RU",
            &["89161234567", "9161234567", "79161234567", "81079161234567", "0079161234567"],
        ),
        (
            "+5491123456789",
            "AR",
            &["541123456789", "5491123456789", "1123456789", "91123456789", "0111523456789"],
        ),
        ("+525512345678", "MX", &["5215512345678", "5512345678", "15512345678", "00525512345678"]),
        (
            "+5511987654321",
            "BR",
            &["551187654321", "5511987654321", "1187654321", "011987654321", "01511987654321"],
        ),
        ("+2290195123456", "BJ", &["22995123456", "95123456", "0195123456", "+2290195123456"]),
        ("+2250707123456", "CI", &["22507123456", "07123456", "0707123456", "002250707123456"]),
        ("+393331234567", "IT", &["3331234567", "393331234567", "00393331234567"]),
        ("+447400123456", "GB", &["07400123456", "7400123456", "+4407400123456"]),
        ("+573211234567", "CO", &["3211234567", "03211234567", "573211234567"]),
    ] {
        for address in addresses {
            for hint in [Unknown, National, International, Subscriber, NetworkSpecific, Abbreviated] {
                assert!(is_from(enrolled, address, hint, shop), "{enrolled} from {address:?}, {hint:?}");
            }
        }
    }
}

#[test]
fn a_payer_from_abroad_is_known_in_the_shop() {
    for address in ["+8613912345678", "8613912345678", "008613912345678"] {
        assert!(is_from("+8613912345678", address, Unknown, "DE"), "{address}");
    }
    assert!(is_from("+972591234567", "970591234567", International, "IL"));
}

#[test]
fn another_number_is_nobody() {
    for (address, shop) in [
        ("13912345679", "CN"),
        ("3912345678", "CN"),
        ("139123456780", "CN"),
        ("+4915112345678", "CN"),
        ("12345678", "CN"),
    ] {
        for hint in [Unknown, National, International] {
            assert!(!is_from("+8613912345678", address, hint, shop), "{address}");
        }
    }
}

#[test]
fn digits_with_two_meanings_match_only_when_one_of_them_is_enrolled() {
    // +1 301 234 5678 is a number of Maryland, 130 1234 5678 a Chinese mobile.
    let (home, abroad) = (number("+8613012345678"), number("+13012345678"));
    let claimed_abroad = sender("13012345678", International, country("CN"));
    assert_eq!(claimed_abroad.candidates(), [abroad.clone(), home.clone()], "the hint orders them");
    let untold = sender("13012345678", Unknown, country("CN"));
    assert_eq!(untold.candidates(), [home.clone(), abroad.clone()]);
    for sender in [claimed_abroad, untold] {
        assert_eq!(sender.only(|candidate| (*candidate == home).then_some("home")), Some("home"));
        assert_eq!(sender.only(|candidate| (*candidate == abroad).then_some("abroad")), Some("abroad"));
        assert_eq!(sender.only(|_both_are_enrolled| Some("either")), None);
    }
}

#[test]
fn two_enrolled_candidates_are_nobody() {
    let german = sender("4915112345678", Unknown, country("DE"));
    assert!(german.candidates().len() > 1, "national 04915… is a possible fixed line");
    assert_eq!(german.only(|_| Some(())), None);
}

#[test]
fn names_short_codes_and_noise_are_never_a_payer() {
    let cn = country("CN");
    for (address, hint, expected) in [
        ("Bank", Alphanumeric, Sender::Alphanumeric),
        ("13912345678", Alphanumeric, Sender::Alphanumeric),
        ("Bank of 2", Unknown, Sender::Alphanumeric),
        ("银行", Unknown, Sender::Alphanumeric),
        ("10086", Unknown, Sender::ShortCode),
        ("10086", International, Sender::ShortCode),
        ("95588", Abbreviated, Sender::ShortCode),
        ("", Unknown, Sender::Unreadable),
        ("+", International, Sender::Unreadable),
        ("", Alphanumeric, Sender::Unreadable),
        ("1*#a", Unknown, Sender::Unreadable),
        ("10690000123456789012", Unknown, Sender::Unreadable),
        ("000000000000", Unknown, Sender::Unreadable),
    ] {
        assert_eq!(sender(address, hint, cn), expected, "{address:?} {hint:?}");
    }
}

#[test]
fn a_plan_that_is_open_at_its_end_gives_no_number_longer_than_e164() {
    let long = sender("20100000000000", Unknown, country("DE"));
    assert!(long.candidates().iter().all(|number| number.digits().len() <= DIGITS_MAX));
    assert!(enrol("+4920100000000000", country("DE")).is_err());
    assert!(enrol("20100000000000", country("DE")).is_err());
}

#[test]
fn the_type_of_number_is_three_bits() {
    assert_eq!(TypeOfNumber::from_bits(0x91 >> 4), International);
    assert_eq!(TypeOfNumber::from_bits(0xA1 >> 4), National);
    assert_eq!(TypeOfNumber::from_bits(0x81 >> 4), Unknown);
    assert_eq!(TypeOfNumber::from_bits(0xD0 >> 4), Alphanumeric);
    assert_eq!(TypeOfNumber::from_bits(7), TypeOfNumber::Reserved);
    assert!((0..8).all(|bits| TypeOfNumber::from_bits(bits).bits() == bits));
}

#[test]
fn what_was_enrolled_is_what_the_network_writes() {
    let enrolled = enrol("011 15-2345-6789", country("AR")).unwrap();
    assert_eq!(enrolled.dial(), "+5491123456789");
    assert!(is_from("+541123456789", "541123456789", Unknown, "AR"));
    assert_eq!(*enrolled.canonical(), number("+541123456789"));
}

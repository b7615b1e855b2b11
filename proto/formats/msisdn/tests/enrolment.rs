//! What people type when a payer is enrolled.

use chit_msisdn::{Country, NumberError, enrol};

fn in_country(text: &str, iso: &str) -> Result<String, NumberError> {
    enrol(text, Country::from_iso(iso).expect("an ISO code")).map(|enrolled| enrolled.dial().to_owned())
}

#[test]
fn one_number_is_taken_in_every_way_that_people_write_it() {
    for text in [
        "13912345678",
        "139 1234 5678",
        "+86 139-1234-5678",
        "0086 139 1234 5678",
        "86 13912345678",
        "１３９１２３４５６７８",
        "＋８６ １３９ １２３４ ５６７８",
        "（139）1234.5678 ",
    ] {
        assert_eq!(in_country(text, "CN").unwrap(), "+8613912345678", "{text}");
    }
    assert_eq!(in_country("+49 (0) 151 12345678", "CN").unwrap(), "+4915112345678");
    assert_eq!(in_country("(0151) 12345678", "DE").unwrap(), "+4915112345678");
}

#[test]
fn a_foreign_number_needs_its_plus() {
    assert_eq!(in_country("+4915112345678", "CN").unwrap(), "+4915112345678");
    assert_eq!(in_country("4915112345678", "CN"), Err(NumberError::Invalid));
}

#[test]
fn the_number_to_dial_is_the_one_in_use_today() {
    assert_eq!(in_country("+52 1 55 1234 5678", "MX").unwrap(), "+525512345678");
    assert_eq!(in_country("+55 11 8765 4321", "BR").unwrap(), "+5511987654321");
    assert_eq!(in_country("+229 95 12 34 56", "BJ").unwrap(), "+2290195123456");
    // In Argentina both are in use: at home without the 9, from abroad with it.
    assert_eq!(in_country("+54 9 11 2345 6789", "AR").unwrap(), "+5491123456789");
    assert_eq!(in_country("+54 11 2345 6789", "AR").unwrap(), "+541123456789");
}

#[test]
fn what_is_no_subscribers_number_is_refused_with_its_remedy() {
    for (text, iso, expected) in [
        ("", "CN", NumberError::Empty),
        ("   ", "CN", NumberError::Empty),
        ("Li Lei", "CN", NumberError::NotANumber),
        ("13912345678 ext. 5", "CN", NumberError::NotANumber),
        ("139\u{202e}12345678", "CN", NumberError::NotANumber),
        ("--", "CN", NumberError::NotANumber),
        ("13912345678 13912345679 13912345670 13912345671", "CN", NumberError::TooLong),
        ("1391234567", "CN", NumberError::Invalid),
        ("+86 139 1234 567", "CN", NumberError::Invalid),
        ("10086", "CN", NumberError::Invalid),
        ("+1 900 234 5678", "CN", NumberError::NotASubscriber),
        ("800 234 5678", "US", NumberError::NotASubscriber),
    ] {
        assert_eq!(in_country(text, iso), Err(expected), "{text:?}");
        let told = expected.to_string();
        assert!(!told.chars().any(|letter| letter.is_ascii_digit()), "{told}");
    }
}

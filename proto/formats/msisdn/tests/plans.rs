//! Every numbering plan that libphonenumber knows, by the example of a mobile number that it gives for it.

use chit_msisdn::{Canonical, Country, Sender, TypeOfNumber, enrol, sender};
use phonenumber::metadata::{DATABASE, Metadata};

/// Country, national number.
fn examples() -> Vec<(Country, String, String)> {
    let of = |plan: &Metadata| {
        let country = Country::from_iso(plan.id()).ok()?;
        let national = plan.descriptors().mobile()?.example()?.to_owned();
        Some((country, plan.country_code().to_string(), national))
    };
    DATABASE.iter().filter_map(of).collect()
}

fn holds(sender: &Sender, number: &Canonical) -> bool {
    sender.candidates().contains(number)
}

#[test]
fn each_countrys_mobile_number_is_found_however_the_network_writes_it() {
    let examples = examples();
    assert!(examples.len() > 230, "only {} plans", examples.len());
    let mut lost = Vec::new();
    for (country, code, national) in examples {
        let number = Canonical::from_e164(&format!("+{code}{national}")).unwrap();
        let trunk = DATABASE.by_id(country.iso()).unwrap().national_prefix().unwrap_or("").to_owned();
        for (address, hint) in [
            (format!("+{code}{national}"), TypeOfNumber::International),
            (format!("{code}{national}"), TypeOfNumber::International),
            (format!("{code}{national}"), TypeOfNumber::Unknown),
            (format!("{code}{national}"), TypeOfNumber::National),
            (format!("+{code}{national}"), TypeOfNumber::Unknown),
            (format!("00{code}{national}"), TypeOfNumber::Unknown),
            (format!("+00{code}{national}"), TypeOfNumber::International),
            (national.clone(), TypeOfNumber::National),
            (national.clone(), TypeOfNumber::Unknown),
            (national.clone(), TypeOfNumber::International),
            (format!("{trunk}{national}"), TypeOfNumber::National),
            (format!("{trunk}{national}"), TypeOfNumber::Unknown),
        ] {
            if !holds(&sender(&address, hint, country), &number) {
                lost.push(format!("{} {address} {hint:?}", country.iso()));
            }
        }
    }
    assert!(lost.is_empty(), "{}: {lost:#?}", lost.len());
}

#[test]
fn each_countrys_mobile_number_is_enrolled_as_people_write_it() {
    let mut lost = Vec::new();
    for (country, code, national) in examples() {
        let number = Canonical::from_e164(&format!("+{code}{national}")).unwrap();
        for text in [format!("+{code} {national}"), national.clone(), format!("00{code}-{national}")] {
            match enrol(&text, country) {
                Ok(enrolled) if *enrolled.canonical() == number => {}
                other => lost.push(format!("{} {text} {:?}", country.iso(), other.err())),
            }
        }
    }
    assert!(lost.is_empty(), "{}: {lost:#?}", lost.len());
}

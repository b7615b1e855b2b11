//! Where one subscriber has two international numbers. libphonenumber keeps both forms apart; networks use either.

/// What this module knows of one numbering plan.
struct Rule {
    /// E.164 country code.
    code: &'static str,
    /// The national number that stands for both forms, when `national` is the other one.
    fold: fn(national: &str) -> Option<String>,
    /// False where the form that was written is the one to dial: abroad and at home differ.
    dial_folded: bool,
}

const RULES: [Rule; 7] = [
    // Argentina: 9 before the area code from abroad, 15 after it at home, neither in what many networks write
    // (Plan Fundamental de Numeración Nacional, Res. SC 46/1997).
    Rule { code: "54", fold: |national| infix(national, "9", 11), dial_folded: false },
    // Mexico: 1 before the area code of a mobile, from abroad, until IFT's plan of 3 August 2019.
    Rule { code: "52", fold: |national| infix(national, "1", 11), dial_folded: true },
    // Brazil: the ninth digit, put before mobiles of eight (Anatel Res. 553/2010); only fixed lines begin with 2 to 5.
    Rule { code: "55", fold: brazil, dial_folded: true },
    // Benin: 01 before the eight old digits since 30 November 2024 (ARCEP Bénin 2024-269).
    Rule { code: "229", fold: benin, dial_folded: true },
    // Côte d'Ivoire: ten digits since 31 January 2021; the second old digit says the operator (ARTCI).
    Rule { code: "225", fold: cote_d_ivoire, dial_folded: true },
    // Gabon: eight digits since 29 June 2019, written with the 0 (ARCEP Gabon); libphonenumber's form is without it.
    Rule { code: "241", fold: gabon, dial_folded: false },
    // Ecuador: 9 before mobiles since 30 September 2012 (ARCOTEL); fixed lines begin with 2 to 7.
    Rule { code: "593", fold: ecuador, dial_folded: true },
];
/// Argentina's plan knows some mobiles with the 9 only: code, infix, digits without it.
const ARGENTINA: (&str, &str, usize) = ("54", "9", 10);
/// Palestinian mobiles answer under the Israeli country code too (ITU Operational Bulletin 824): code, national beginnings.
const PALESTINE: (&str, &str, [&str; 2]) = ("972", "970", ["56", "59"]);
const PALESTINE_NATIONAL_DIGITS: usize = 9;

/// `digits` are country code and national number. A folded number folds to itself.
pub fn fold(digits: &str) -> String {
    apply(digits, |_| true)
}

/// The form to dial: folded where the other form is no longer in use.
pub fn dial(digits: &str) -> String {
    apply(digits, |rule| rule.dial_folded)
}

/// The form with its infix, where a plan may know no other.
pub fn with_infix(digits: &str) -> Option<String> {
    let (code, infix, length) = ARGENTINA;
    let national = digits.strip_prefix(code).filter(|national| national.len() == length)?;
    Some(format!("{code}{infix}{national}"))
}

fn apply(digits: &str, wanted: impl Fn(&Rule) -> bool) -> String {
    for rule in RULES.iter().filter(|rule| wanted(rule)) {
        if let Some(national) = digits.strip_prefix(rule.code).and_then(rule.fold) {
            return format!("{}{national}", rule.code);
        }
    }
    let (other, own, beginnings) = PALESTINE;
    if let Some(national) = digits.strip_prefix(other) {
        let theirs = beginnings.iter().any(|beginning| national.starts_with(beginning));
        if theirs && national.len() == PALESTINE_NATIONAL_DIGITS {
            return format!("{own}{national}");
        }
    }
    digits.to_owned()
}

fn infix(national: &str, infix: &str, length: usize) -> Option<String> {
    (national.len() == length).then(|| national.strip_prefix(infix).map(str::to_owned)).flatten()
}

fn brazil(national: &str) -> Option<String> {
    let (area, subscriber) = national.split_at_checked(2)?;
    (subscriber.len() == 8 && begins(subscriber, b'6'..=b'9')).then(|| format!("{area}9{subscriber}"))
}

fn benin(national: &str) -> Option<String> {
    let mobile = begins(national, b'4'..=b'6') || begins(national, b'9'..=b'9');
    (national.len() == 8 && mobile).then(|| format!("01{national}"))
}

fn cote_d_ivoire(national: &str) -> Option<String> {
    let fixed = begins(national, b'2'..=b'3');
    if national.len() != 8 || fixed {
        return None;
    }
    let operator = match national.as_bytes()[1] {
        b'0'..=b'3' => "01",
        b'4'..=b'6' => "05",
        _ => "07",
    };
    Some(format!("{operator}{national}"))
}

fn gabon(national: &str) -> Option<String> {
    (national.len() == 8).then(|| national.strip_prefix('0').map(str::to_owned)).flatten()
}

fn ecuador(national: &str) -> Option<String> {
    (national.len() == 8 && begins(national, b'8'..=b'9')).then(|| format!("9{national}"))
}

fn begins(national: &str, digits: std::ops::RangeInclusive<u8>) -> bool {
    national.bytes().next().is_some_and(|first| digits.contains(&first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_mobile_number_fold_into_one() {
        for (one, other) in [
            ("5491123456789", "541123456789"),
            ("5215512345678", "525512345678"),
            ("551187654321", "5511987654321"),
            ("22995123456", "2290195123456"),
            ("22507123456", "2250707123456"),
            ("22545123456", "2250545123456"),
            ("22501123456", "2250101123456"),
            ("24106031234", "2416031234"),
            ("59399123456", "593999123456"),
            ("972591234567", "970591234567"),
        ] {
            assert_eq!(fold(one), fold(other));
            assert_eq!(fold(&fold(one)), fold(one), "a folded number folds to itself");
        }
    }

    #[test]
    fn numbers_that_only_look_alike_stay_apart() {
        // A Brazilian fixed line, a Mexican number of ten digits that begins with 1, an Israeli mobile, a voice service of Benin.
        for alone in ["551132654321", "521234567890", "972541234567", "22985751234", "8613800138000"] {
            assert_eq!(fold(alone), alone);
        }
    }

    #[test]
    fn the_dialled_form_is_folded_only_where_the_old_one_is_gone() {
        assert_eq!(dial("5491123456789"), "5491123456789");
        assert_eq!(dial("5215512345678"), "525512345678");
        assert_eq!(dial("551187654321"), "5511987654321");
    }
}

//! What the speaker says, put together from recorded pieces. It says that a sum is recorded, never that it is paid.

/// 999,999.99 in minor units of two digits.
pub const AMOUNT_MAX: i64 = 99_999_999;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saying {
    /// Amount in minor units, and how many digits the currency has behind the point.
    Recorded {
        amount_minor: i64,
        digits: u32,
        currency: String,
    },
    ShowCode,
    CodeRefused,
    TakeReceipt,
}

/// Names of the pieces, in order. Each is in the language's voice file.
pub fn pieces(saying: &Saying, language: Language) -> Vec<&'static str> {
    match (saying, language) {
        (Saying::ShowCode, _) => vec!["show-code"],
        (Saying::CodeRefused, _) => vec!["code-refused"],
        (Saying::TakeReceipt, _) => vec!["take-receipt"],
        (Saying::Recorded { amount_minor, digits, currency }, language) => {
            let scale = 10i64.pow((*digits).min(4));
            let (whole, rest) = (amount_minor / scale, amount_minor % scale);
            let mut said = vec!["recorded"];
            match language {
                Language::Chinese => chinese(whole, &mut said),
                Language::English => english(whole, &mut said),
            }
            if *digits > 0 && rest > 0 {
                said.push("point");
                // Digit by digit, as prices are read: 12.50 is "twelve point five zero".
                for place in (0..*digits).rev() {
                    said.push(DIGITS[(rest / 10i64.pow(place) % 10) as usize]);
                }
            }
            if language == Language::Chinese {
                said.extend(unit(currency));
            }
            said
        }
    }
}

const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const TEENS: [&str; 10] = ["10", "11", "12", "13", "14", "15", "16", "17", "18", "19"];
const TENS: [&str; 10] = ["0", "10", "20", "30", "40", "50", "60", "70", "80", "90"];

/// Every piece that a language needs, for whoever records them.
pub const PIECES: [&str; 38] = [
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "10",
    "11",
    "12",
    "13",
    "14",
    "15",
    "16",
    "17",
    "18",
    "19",
    "20",
    "30",
    "40",
    "50",
    "60",
    "70",
    "80",
    "90",
    "hundred",
    "thousand",
    "ten-thousand",
    "point",
    "recorded",
    "yuan",
    "show-code",
    "code-refused",
    "take-receipt",
    "two",
];

fn unit(currency: &str) -> Option<&'static str> {
    (currency == "CNY").then_some("yuan")
}

fn english(number: i64, said: &mut Vec<&'static str>) {
    if number >= 1000 {
        english(number / 1000, said);
        said.push("thousand");
        if number % 1000 == 0 {
            return;
        }
    }
    let below = number % 1000;
    if below >= 100 {
        said.extend([DIGITS[(below / 100) as usize], "hundred"]);
        if below % 100 == 0 {
            return;
        }
    }
    match below % 100 {
        small @ 0..=9 => said.push(DIGITS[small as usize]),
        teen @ 10..=19 => said.push(TEENS[(teen - 10) as usize]),
        large => {
            said.push(TENS[(large / 10) as usize]);
            if large % 10 > 0 {
                said.push(DIGITS[(large % 10) as usize]);
            }
        }
    }
}

/// 万 for ten thousands; a zero where places are left out, but not at the end; 十 without a leading one.
fn chinese(number: i64, said: &mut Vec<&'static str>) {
    if number >= 10_000 {
        chinese(number / 10_000, said);
        said.push("ten-thousand");
        let rest = number % 10_000;
        if rest > 0 {
            if rest < 1_000 {
                said.push("0");
            }
            four_places(rest, false, said);
        }
    } else if number == 0 {
        said.push("0");
    } else {
        four_places(number, true, said);
    }
}

fn four_places(number: i64, leading: bool, said: &mut Vec<&'static str>) {
    let mut skipped = false;
    for (place, unit) in [(1000, Some("thousand")), (100, Some("hundred")), (10, Some("10")), (1, None)] {
        let digit = number / place % 10;
        if digit == 0 {
            skipped = number >= place;
            continue;
        }
        if std::mem::take(&mut skipped) {
            said.push("0");
        }
        // 十二, not 一十二; 两千, 两百, but 二十.
        match (digit, place) {
            (1, 10) if leading && number < 20 => {}
            (2, 100 | 1000) => said.push("two"),
            _ => said.push(DIGITS[digit as usize]),
        }
        said.extend(unit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(amount_minor: i64, language: Language) -> String {
        let saying = Saying::Recorded { amount_minor, digits: 2, currency: "CNY".into() };
        pieces(&saying, language).join(" ")
    }

    #[test]
    fn sums_are_said_as_people_say_them() {
        let table = [
            (1_250, "recorded 12 point 5 0", "recorded 10 2 point 5 0 yuan"),
            (0, "recorded 0", "recorded 0 yuan"),
            (5, "recorded 0 point 0 5", "recorded 0 point 0 5 yuan"),
            (20_000, "recorded 2 hundred", "recorded two hundred yuan"),
            (10_500, "recorded 1 hundred 5", "recorded 1 hundred 0 5 yuan"),
            (11_000, "recorded 1 hundred 10", "recorded 1 hundred 1 10 yuan"),
            (104_200, "recorded 1 thousand 40 2", "recorded 1 thousand 0 4 10 2 yuan"),
            (200_100, "recorded 2 thousand 1", "recorded two thousand 0 1 yuan"),
            (1_000_300, "recorded 10 thousand 3", "recorded 1 ten-thousand 0 3 yuan"),
            (
                12_345_678,
                "recorded 1 hundred 20 3 thousand 4 hundred 50 6 point 7 8",
                "recorded 10 2 ten-thousand 3 thousand 4 hundred 5 10 6 point 7 8 yuan",
            ),
        ];
        for (amount, english, chinese) in table {
            assert_eq!(said(amount, Language::English), english, "{amount}");
            assert_eq!(said(amount, Language::Chinese), chinese, "{amount}");
        }
    }

    #[test]
    fn every_sum_is_put_together_from_pieces_that_are_recorded() {
        for amount in (0..AMOUNT_MAX).step_by(7_919).chain(0..3_000) {
            for language in [Language::English, Language::Chinese] {
                let saying = Saying::Recorded { amount_minor: amount, digits: 2, currency: "CNY".into() };
                let said = pieces(&saying, language);
                assert!(said.iter().all(|piece| PIECES.contains(piece)), "{amount}: {said:?}");
                assert!(said.len() <= 20);
            }
        }
        let yen = Saying::Recorded { amount_minor: 1_200, digits: 0, currency: "JPY".into() };
        assert_eq!(pieces(&yen, Language::English), ["recorded", "1", "thousand", "2", "hundred"]);
    }

    #[test]
    fn nothing_that_can_be_said_says_that_it_is_paid() {
        assert!(PIECES.iter().all(|piece| !piece.contains("paid")));
    }
}

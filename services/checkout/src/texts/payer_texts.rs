//! Everything else a payer may read: answers to their messages, the notice before a bad record, the change of a phone.
//! "Accepted" is said when the reply was right; nothing here says "paid" before the money has moved.

use jiff::civil::Date;

use super::challenge_text::{SaleLine, TextError, chinese_date};
use crate::payer::code_card::Row;
use crate::values::money::Money;
use crate::values::short_code::SaleNumber;
use crate::values::sms_text::{self, Language, SmsText};

/// One answer for one message of the payer. A lost card is answered by silence: the thief may hold the phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    Accepted {
        sales: Vec<SaleNumber>,
        /// The day of the debit, where it is known.
        debit_on: Option<Date>,
    },
    /// The first challenge was answered: the payer code is active.
    Enrolled,
    /// The first challenge was answered with `0`: wrong number, or they thought better of it.
    EnrolmentEnded,
    Rejected {
        sales: Vec<SaleNumber>,
    },
    WrongGoods {
        sales: Vec<SaleNumber>,
    },
    DisputeAfterPayment {
        sales: Vec<SaleNumber>,
    },
    TryAgain {
        row: Row,
        left: u8,
    },
    SameWrongAgain {
        row: Row,
        left: u8,
    },
    UsedCode,
    ChallengeOver,
    Locked,
    Unclear {
        row: Row,
    },
    /// The same while the code is being activated: nothing is being paid.
    UnclearActivation {
        row: Row,
    },
    NothingOpen,
    Help {
        row: Option<Row>,
    },
    /// The code is right, but what it was asked for is settled otherwise or its challenge is over.
    TooLate,
    /// The code is right, but the issuer has no consent to the sum.
    NotAgreed,
}

impl Answer {
    pub fn text(&self, language: Language, shop: &str) -> Result<SmsText, TextError> {
        let body = match language {
            Language::Chinese => self.chinese(),
            Language::English => self.english(),
        };
        sms_text::fit(language, shop, &[body]).ok_or(TextError::TooLong)
    }

    fn chinese(&self) -> String {
        match self {
            Self::Accepted { sales, debit_on: None } => {
                format!("单{}已确认,将从您的账户扣款。", list(sales))
            }
            Self::Accepted { sales, debit_on: Some(day) } => {
                format!("单{}已确认,{}从您的账户扣款。", list(sales), chinese_date((*day).into()))
            }
            Self::Enrolled => "付款码已开通。口令卡请放家中,勿与手机同放。".to_owned(),
            Self::EnrolmentEnded => "开通已停止,不会扣款。若是误回,请到店办理。".to_owned(),
            Self::Rejected { sales } => {
                format!("单{}已否认,不扣款。您的付款码已停用,请到店核实。", list(sales))
            }
            Self::WrongGoods { sales } => format!("单{}的商品或价格异议已记录,处理前不扣款。", list(sales)),
            Self::DisputeAfterPayment { sales } => {
                format!("单{}已扣款,您的异议已记录,请到店处理。", list(sales))
            }
            Self::TryAgain { row, left } => format!("数字不对,请回卡上第{row}行6位数,还可试{left}次。"),
            Self::SameWrongAgain { row, left } => {
                format!("与上次相同,未计次。请回卡上第{row}行6位数,还可试{left}次。")
            }
            Self::UsedCode => "这组数字已用过,未计次。请看最近一条短信的行号。".to_owned(),
            Self::ChallengeOver => "三次不对,本次结束。明日8时后另发新行。".to_owned(),
            Self::Locked => "错误过多,短信确认已停用,请带口令卡到店。".to_owned(),
            Self::Unclear { row } => {
                format!("无法识别您的回复。付款请只回卡上第{row}行6位数,非本人回0,货价不符回错。")
            }
            Self::UnclearActivation { row } => {
                format!("无法识别您的回复。开通请只回卡上第{row}行6位数,不会扣款,非本人回0。")
            }
            Self::NothingOpen => "目前没有待确认的消费。".to_owned(),
            Self::Help { row: Some(row) } => {
                format!("付款回卡上第{row}行6位数,非本人回0,货价不符回错,丢卡回挂失加卡号。")
            }
            Self::Help { row: None } => "目前没有待确认的消费。丢卡回挂失加卡号。".to_owned(),
            Self::TooLate => "数字没错,但这一条已过期或已另行处理,未计次。请看最近一条短信。".to_owned(),
            Self::NotAgreed => "数字没错,但发卡方未收到您对金额的同意,未扣款。之后可能再次询问。".to_owned(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::Accepted { sales, debit_on: None } => {
                format!("Purchase {} confirmed. It will be deducted from your account.", list(sales))
            }
            Self::Accepted { sales, debit_on: Some(day) } => {
                format!(
                    "Purchase {} confirmed. Your account is debited on {}.",
                    list(sales),
                    english_day(*day)
                )
            }
            Self::Enrolled => {
                "Your payer code is active. Keep the card at home, apart from the phone.".to_owned()
            }
            Self::EnrolmentEnded => {
                "Your enrolment was stopped; nothing is charged. If that was a mistake, come to the shop."
                    .to_owned()
            }
            Self::Rejected { sales } => format!(
                "Purchase {} rejected, nothing is deducted. Your payer code is frozen; please come to the shop.",
                list(sales)
            ),
            Self::WrongGoods { sales } => format!(
                "Purchase {}: we noted your objection to goods or price. Nothing is deducted until it is settled.",
                list(sales)
            ),
            Self::DisputeAfterPayment { sales } => {
                format!(
                    "Purchase {} is already paid. We noted your objection; please come to the shop.",
                    list(sales)
                )
            }
            Self::TryAgain { row, left } => {
                format!("Wrong code. Reply row {row} of your card (6 digits). Tries left: {left}.")
            }
            Self::SameWrongAgain { row, left } => {
                format!("Same code as before, not counted. Reply row {row} of your card. Tries left: {left}.")
            }
            Self::UsedCode => {
                "That code was already used, not counted. See the row in our last message.".to_owned()
            }
            Self::ChallengeOver => "Three wrong codes. You get a new row tomorrow after 8:00.".to_owned(),
            Self::Locked => {
                "Too many wrong codes. You can no longer answer by SMS; please come to the shop with your code card."
                    .to_owned()
            }
            Self::Unclear { row } => format!(
                "We could not read your reply. To pay, reply only row {row} of your card (6 digits). Not you: 0. \
                 Wrong goods: ERR."
            ),
            Self::UnclearActivation { row } => format!(
                "We could not read your reply. To activate, reply only row {row} of your card (6 digits). \
                 Nothing is charged. Not you: 0."
            ),
            Self::NothingOpen => "There is nothing to confirm now.".to_owned(),
            Self::Help { row: Some(row) } => format!(
                "To pay reply row {row} of your card (6 digits). Not you: 0. Wrong: ERR. \
                 Card lost: LOST and its number."
            ),
            Self::Help { row: None } => {
                "There is nothing to confirm now. Card lost: LOST and its number.".to_owned()
            }
            Self::TooLate => "That code is right but too late: its message has expired or was settled otherwise. \
                 It was not counted. See our last message."
                .to_owned(),
            Self::NotAgreed => "That code is right, but your card's issuer did not hear you agree to the sum: \
                 nothing is deducted. We may ask again."
                .to_owned(),
        }
    }
}

fn list(sales: &[SaleNumber]) -> String {
    sales.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// A debit that the bank did not pay is tried again.
pub fn again(language: Language, shop: &str, sale: &SaleLine, on: Date) -> Result<SmsText, TextError> {
    let (number, amount) = (sale.number, sale.amount);
    let body = match language {
        Language::Chinese => {
            let (amount, on) = (amount.chinese(), chinese_date(on.into()));
            format!("单{number}的{amount}银行未扣成,{on}再扣一次,请备足余额。")
        }
        Language::English => format!(
            "Your bank did not pay {amount} no {number} of {}. It is debited again on {}.",
            english_day(sale.at.date()),
            english_day(on)
        ),
    };
    sms_text::fit(language, shop, &[body]).ok_or(TextError::TooLong)
}

/// Something on the payer's account in the shop is due soon.
pub fn due(language: Language, shop: &str, amount: Money, on: Date) -> Result<SmsText, TextError> {
    let body = match language {
        Language::Chinese => {
            format!("您的店内账户有{}请于{}前(含当日)到店付清。", amount.chinese(), chinese_date(on.into()))
        }
        Language::English => {
            format!(
                "{amount} of your account at our shop is due by {}. Please pay at the shop.",
                english_day(on)
            )
        }
    };
    sms_text::fit(language, shop, &[body]).ok_or(TextError::TooLong)
}

/// The notice that opens the objection period: the amount, how to pay, how to object, and what follows. `confirmed`: the
/// payer did answer, and their bank did not pay. `to_bank`: a bank hears of bad records.
pub fn notice(
    language: Language,
    shop: &str,
    sale: &SaleLine,
    pay_by: Date,
    confirmed: bool,
    to_bank: bool,
) -> Result<SmsText, TextError> {
    let (number, amount) = (sale.number, sale.amount);
    let bodies = match language {
        Language::Chinese => {
            let (date, by) = (chinese_date(sale.at), chinese_date(pay_by.into()));
            let amount = amount.chinese();
            let why = if confirmed { "银行未扣成" } else { "未确认" };
            let then = if to_bank { "逾期报送银行" } else { "逾期记入本店不良记录" };
            vec![
                format!("{date}消费{amount},单{number}{why}。请{by}前到店付款,有异议回0或到店。{then}"),
                format!("{date}消费{amount},单{number}未付。{by}前到店付,异议回0,{then}"),
            ]
        }
        Language::English => {
            let then = if to_bank { "reported to the bank" } else { "kept on our list of unpaid purchases" };
            vec![format!(
                "{amount} no {number} of {} is not paid. Pay at the shop by {}. To object reply 0 or come in. \
                 After that it is {then}.",
                english_day(sale.at.date()),
                english_day(pay_by)
            )]
        }
    };
    sms_text::fit(language, shop, &bodies).ok_or(TextError::TooLong)
}

/// To the old number, so that a change the payer did not ask for is noticed.
pub fn phone_changed(language: Language, shop: &str) -> Result<SmsText, TextError> {
    let body = match language {
        Language::Chinese => "您付款码的手机号已更改,24时内不能消费。若非本人,请速到店或回挂失加卡号。",
        Language::English => {
            "The phone of your payer code was changed; no sales for 24h. \
             Not you? Come to the shop or reply LOST and your card number."
        }
    };
    sms_text::fit(language, shop, &[body.to_owned()]).ok_or(TextError::TooLong)
}

/// To the payer's number: the new card is proven from this phone, so a card they did not ask for is rejected from it too.
pub fn card_changed(language: Language, shop: &str) -> Result<SmsText, TextError> {
    let body = match language {
        Language::Chinese => "您的口令卡已更换,旧卡作废,24时内不能消费。若非本人,请速到店。",
        Language::English => {
            "Your code card was replaced, the old card no longer works; no sales for 24h. Not you? Come to the shop at once."
        }
    };
    sms_text::fit(language, shop, &[body.to_owned()]).ok_or(TextError::TooLong)
}

/// The owner of a shop of one person has decided about their own sale.
pub fn own_judgement(
    language: Language,
    shop: &str,
    sale: SaleNumber,
    upheld: bool,
) -> Result<SmsText, TextError> {
    let body = match (language, upheld) {
        (Language::Chinese, true) => format!("单{sale}的异议由店主本人处理:成立,不再扣款或予以退款。"),
        (Language::Chinese, false) => format!("单{sale}的异议由店主本人处理:不成立。不服可到店查看证据。"),
        (Language::English, true) => {
            format!(
                "The owner decided your objection to no {sale} in your favour. You owe nothing or get it back."
            )
        }
        (Language::English, false) => format!(
            "The owner, who made the sale, dismissed your objection to no {sale}. Ask at the shop to see the evidence."
        ),
    };
    sms_text::fit(language, shop, &[body]).ok_or(TextError::TooLong)
}

fn english_day(day: Date) -> String {
    day.strftime("%-d %b").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use iso_currency::Currency;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn every_answer(row: Row, sales: Vec<SaleNumber>) -> Vec<Answer> {
        vec![
            Answer::Accepted { sales: sales.clone(), debit_on: None },
            Answer::Accepted { sales: sales.clone(), debit_on: Some(jiff::civil::date(2026, 12, 28)) },
            Answer::Enrolled,
            Answer::EnrolmentEnded,
            Answer::Rejected { sales: sales.clone() },
            Answer::WrongGoods { sales: sales.clone() },
            Answer::DisputeAfterPayment { sales },
            Answer::TryAgain { row, left: 2 },
            Answer::SameWrongAgain { row, left: 2 },
            Answer::UsedCode,
            Answer::ChallengeOver,
            Answer::Locked,
            Answer::Unclear { row },
            Answer::UnclearActivation { row },
            Answer::NothingOpen,
            Answer::Help { row: Some(row) },
            Answer::Help { row: None },
            Answer::TooLate,
            Answer::NotAgreed,
        ]
    }

    #[test]
    fn accepted_is_not_called_paid() {
        let answer = Answer::Accepted { sales: vec!["8F3K".parse().unwrap()], debit_on: None };
        assert_eq!(
            answer.text(Language::Chinese, "惠民").unwrap().as_str(),
            "【惠民】单8F3K已确认,将从您的账户扣款。"
        );
    }

    #[test]
    fn the_notice_states_amount_payment_and_objection() {
        let sale = SaleLine {
            number: "8F3K".parse().unwrap(),
            amount: Money::new(500_000, Currency::CNY),
            at: date(2026, 11, 24).at(18, 5, 0, 0),
        };
        let text = notice(Language::English, "HUIMIN", &sale, date(2026, 12, 4), false, true).unwrap();
        assert_eq!(
            text.as_str(),
            "HUIMIN: CNY 5000.00 no 8F3K of 24 Nov is not paid. Pay at the shop by 4 Dec. To object reply 0 or \
             come in. After that it is reported to the bank."
        );
    }

    proptest! {
        #[test]
        fn every_text_fits_one_part_for_any_shop(
            shop in prop_oneof!["\\PC{0,40}", "[一-龥]{1,20}", "[A-Z ]{1,40}"],
            minor in 1_i64..=9_999_999, numbers in proptest::collection::vec(any::<u32>(), 1..=3),
            currency in prop_oneof![Just(Currency::CNY), Just(Currency::USD), Just(Currency::JPY)],
            month in 1_i8..=12,
        ) {
            let row = Row::new(60).unwrap();
            let sales: Vec<SaleNumber> = numbers.into_iter().map(SaleNumber::from_random).collect();
            let at = date(2026, month, 28);
            let sale = SaleLine { number: sales[0], amount: Money::new(minor, currency), at: at.at(9, 0, 0, 0) };
            for language in [Language::Chinese, Language::English] {
                for answer in every_answer(row, sales.clone()) {
                    prop_assert!(answer.text(language, &shop).is_ok(), "{answer:?}");
                }
                prop_assert!(phone_changed(language, &shop).is_ok());
                prop_assert!(card_changed(language, &shop).is_ok());
                prop_assert!(own_judgement(language, &shop, sales[0], true).is_ok());
                prop_assert!(own_judgement(language, &shop, sales[0], false).is_ok());
                prop_assert!(due(language, &shop, sale.amount, at).unwrap().as_str().contains(&sale.amount.digits()));
                let notices = [(false, false), (true, false), (false, true), (true, true)].map(|(confirmed, to_bank)| {
                    notice(language, &shop, &sale, at, confirmed, to_bank).unwrap()
                });
                for text in notices.into_iter().chain([again(language, &shop, &sale, at).unwrap()]) {
                    prop_assert!(text.as_str().contains(&sale.amount.digits()));
                    prop_assert!(text.as_str().contains(&sale.number.to_string()));
                }
            }
        }
    }
}

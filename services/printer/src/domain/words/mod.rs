//! The words of a paper in each language, from two built-in files that a shop's own file may override word by word.
//!
//! Chinese papers carry the English edition mark as well, so that readers of either language see whether they hold
//! the ORIGINAL. That mark is no word of this file and cannot be changed.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::document::{Edition, Kept, Language};
use super::template::{self, Block};
use super::text::printable;

const ZH: &str = include_str!("zh-CN.toml");
const EN: &str = include_str!("en.toml");
/// Characters of one word.
const LEN_MAX: usize = 120;
const FOOTER_LINES_MAX: usize = 6;
/// These tell payers what they owe and that practice is practice: a shop cannot change them.
const FIXED: [&str; 4] = ["not_charged_yet", "practice", "void_note", "not_an_invoice"];
/// What a word may, and must, have filled in.
const PLACEHOLDERS: [(&str, &str); 5] = [
    ("item_one", "{n}"),
    ("items", "{n}"),
    ("sms_from", "{number}"),
    ("retained", "{date}"),
    ("film_erased", "{days}"),
];

macro_rules! words {
    ($($name:ident),* $(,)?) => {
        #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Words { $(pub $name: String,)* }
    };
}
words! {
    number, till, cashier, item_one, items, total, account, state, not_charged_yet, sms_number, sms_from, lookup, ask, retained,
    film_erased,
    not_an_invoice, photo, no_photo, goods, practice, refund, void, refunded_amount, voided_amount, refund_note,
    void_note, approved_by, time, mandate, mandate_reference, creditor, payer, phone, date, signature, code_card,
    code_card_advice, code_card_lost, test_page, test_sample, x_report, z_report, from_time, until_time, receipts,
    gross, settled, open, bad, written_off, paid_otherwise, voided, refunds, net,
}

impl Words {
    pub fn item_count(&self, count: usize) -> String {
        let template = if count == 1 { &self.item_one } else { &self.items };
        template.replace("{n}", &count.to_string())
    }

    pub fn sms_comes_from(&self, number: &str) -> String {
        self.sms_from.replace("{number}", number)
    }

    pub fn kept(&self, kept: &Kept) -> String {
        match kept {
            Kept::Until(date) => self.retained.replace("{date}", date),
            Kept::DaysAfterNotice(days) => self.film_erased.replace("{days}", &days.to_string()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    #[error("{path}: {message}")]
    Syntax { path: PathBuf, message: String },
    #[error("{path}: {language}.{word}: {remedy}")]
    Word { path: PathBuf, language: String, word: String, remedy: String },
}

/// Both languages, the lines a shop wants at the foot of its receipts, and the order of their blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    pub receipt: Vec<Block>,
    zh: Words,
    en: Words,
    footer_zh: Vec<String>,
    footer_en: Vec<String>,
}

impl Vocabulary {
    pub fn of(&self, language: Language) -> &Words {
        match language {
            Language::ZhCn => &self.zh,
            Language::En => &self.en,
        }
    }

    pub fn footer(&self, language: Language) -> &[String] {
        match language {
            Language::ZhCn => &self.footer_zh,
            Language::En => &self.footer_en,
        }
    }

    /// The built-in words.
    pub fn built_in() -> Self {
        let mut own = Table::new();
        let none = Path::new("the built-in words");
        let (zh, footer_zh) = read(ZH, &mut own, "zh-CN", none).expect("its test reads it");
        let (en, footer_en) = read(EN, &mut own, "en", none).expect("its test reads it");
        Self { receipt: template::BUILT_IN.to_vec(), zh, en, footer_zh, footer_en }
    }

    /// A shop's file: `receipt = ["…"]` with the blocks of a receipt in its order; `["zh-CN"]` and `[en]`, each with
    /// words to override and `footer = ["…"]`.
    /// `path` is for those who must mend it.
    pub fn of_shop(text: &str, path: &Path) -> Result<Self, WordsError> {
        let syntax = |message: String| WordsError::Syntax { path: path.to_owned(), message };
        let mut own: Table =
            toml::from_str(text).map_err(|error: toml::de::Error| syntax(error.message().to_owned()))?;
        let receipt =
            receipt(own.remove("receipt")).map_err(|remedy| syntax(format!("receipt: {remedy}")))?;
        let (zh, footer_zh) = read(ZH, &mut own, "zh-CN", path)?;
        let (en, footer_en) = read(EN, &mut own, "en", path)?;
        match own.keys().next() {
            Some(stranger) => Err(syntax(format!("[{stranger}] is no language; there are zh-CN and en"))),
            None => Ok(Self { receipt, zh, en, footer_zh, footer_en }),
        }
    }
}

/// One language: the built-in words with the shop's own over them.
fn read(
    built_in: &str,
    own: &mut Table,
    language: &str,
    path: &Path,
) -> Result<(Words, Vec<String>), WordsError> {
    let wrong = |word: &str, remedy: &str| WordsError::Word {
        path: path.to_owned(),
        language: language.to_owned(),
        word: word.to_owned(),
        remedy: remedy.to_owned(),
    };
    let syntax = |error: toml::de::Error| WordsError::Syntax {
        path: path.to_owned(),
        message: error.message().to_owned(),
    };
    let mut all: Table = toml::from_str(built_in).map_err(syntax)?;
    let mut over = match own.remove(language) {
        Some(Value::Table(over)) => over,
        Some(_) => return Err(wrong("", "write it as a table")),
        None => Table::new(),
    };
    let footer = footer(over.remove("footer")).map_err(|remedy| wrong("footer", &remedy))?;
    for (word, value) in over {
        if !all.contains_key(&word) {
            return Err(wrong(&word, "there is no such word"));
        }
        if FIXED.contains(&word.as_str()) {
            return Err(wrong(&word, "this word tells payers what they owe and cannot be changed"));
        }
        check(&word, &value).map_err(|remedy| wrong(&word, &remedy))?;
        all.insert(word, value);
    }
    Ok((Value::Table(all).try_into().map_err(syntax)?, footer))
}

fn receipt(value: Option<Value>) -> Result<Vec<Block>, String> {
    let Some(value) = value else { return Ok(template::BUILT_IN.to_vec()) };
    let blocks: Vec<Block> = value.try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
    template::check(&blocks).map(|()| blocks)
}

fn footer(value: Option<Value>) -> Result<Vec<String>, String> {
    let remedy =
        || format!("a list of at most {FOOTER_LINES_MAX} lines of 1 to {LEN_MAX} printable characters");
    let Some(value) = value else { return Ok(Vec::new()) };
    let lines: Vec<String> = value.try_into().map_err(|_| remedy())?;
    let good = lines.len() <= FOOTER_LINES_MAX && lines.iter().all(|line| is_drawable(line));
    if good { Ok(lines) } else { Err(remedy()) }
}

fn check(word: &str, value: &Value) -> Result<(), String> {
    let text = value.as_str().ok_or("write it in quotes")?;
    if !is_drawable(text) {
        return Err(format!("1 to {LEN_MAX} characters that a receipt printer can draw"));
    }
    let wanted = PLACEHOLDERS.iter().find(|(name, _)| *name == word).map(|(_, placeholder)| *placeholder);
    let braces = text.matches(['{', '}']).count();
    match wanted {
        Some(placeholder) if text.matches(placeholder).count() != 1 || braces != 2 => {
            Err(format!("it needs {placeholder} once and no other braces"))
        }
        None if braces > 0 => Err("it has nothing to fill in: no braces".to_owned()),
        _ => Ok(()),
    }
}

/// Nothing in it would be dropped or become a box.
fn is_drawable(text: &str) -> bool {
    let len = text.chars().count();
    (1..=LEN_MAX).contains(&len) && printable(text) == text.replace('¥', "￥") && !text.trim().is_empty()
}

/// "正本 ORIGINAL", "重印 第1次 COPY 1"; in English the English half.
pub fn edition(language: Language, edition: Edition) -> String {
    match (language, edition) {
        (Language::ZhCn, Edition::Original) => "正本 ORIGINAL".to_owned(),
        (Language::ZhCn, Edition::Copy(n)) => format!("重印 第{n}次 COPY {n}"),
        (Language::En, Edition::Original) => "ORIGINAL".to_owned(),
        (Language::En, Edition::Copy(n)) => format!("COPY {n}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Vocabulary, String> {
        Vocabulary::of_shop(text, Path::new("words.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn the_built_in_words_pass_the_check_that_a_shop_s_words_pass() {
        let known = Vocabulary::built_in();
        assert_eq!(known.of(Language::En).item_count(1), "1 item");
        for text in [ZH, EN] {
            let table: Table = toml::from_str(text).unwrap();
            for (word, value) in &table {
                assert_eq!(check(word, value), Ok(()), "{word}");
            }
        }
    }

    #[test]
    fn a_shop_overrides_single_words_and_adds_a_footer() {
        let text = "[en]\ntotal = \"AMOUNT DUE\"\nfooter = [\"Open 7 to 23\"]\n";
        let own = load(text).unwrap();
        assert_eq!(own.of(Language::En).total, "AMOUNT DUE");
        assert_eq!(own.of(Language::En).till, "Till");
        assert_eq!(own.footer(Language::En), ["Open 7 to 23"]);
        assert!(own.footer(Language::ZhCn).is_empty());
    }

    #[test]
    fn a_wrong_word_is_refused_when_it_is_loaded() {
        let refused = |text: &str| load(text).unwrap_err();
        assert!(refused("[en]\ntotel = \"x\"").contains("en.totel: there is no such word"));
        assert!(refused("[en]\nnot_charged_yet = \"PAID\"").contains("cannot be changed"));
        assert!(refused("[en]\nsms_from = \"An SMS comes.\"").contains("{number} once"));
        assert!(refused("[en]\ntotal = \"{n} due\"").contains("no braces"));
        assert!(refused("[\"zh-CN\"]\ntotal = \"合计\u{e000}\"").contains("can draw"));
        assert!(refused("[en]\nfooter = \"one line\"").contains("a list"));
        assert!(refused("receipt = [\"qr\"]").contains("the payer needs Letterhead"));
        assert!(refused("receipt = [\"q-r\"]").contains("unknown variant `q-r`"));
        assert!(refused("[fr]\ntotal = \"x\"").contains("is no language"));
    }
}

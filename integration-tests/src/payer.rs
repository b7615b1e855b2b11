//! A payer. All they have is a phone and the papers that came out of the printer: their row codes are read from the bytes
//! that reached it, their SMS from what the modem handed to the network.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::control::{Control, Watch};
use crate::house::Simulators;

/// Rows of a code card (DESIGN.md).
const ROWS: usize = 60;
/// How long an SMS or a paper may take.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// What they answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Right,
    /// Six digits that are no row of the card; another number gives other digits.
    Wrong(u32),
    /// `0`: not me.
    NotMe,
    /// `ERR`: goods or price are wrong.
    WrongGoods,
    /// `LOST` and the card's serial.
    Lost,
}

/// An SMS that reached the phone.
pub struct Sms {
    pub text: String,
    /// The row it asks for, if it asks for one.
    pub row: Option<u32>,
}

pub struct Payer {
    phone: String,
    card: BTreeMap<u32, String>,
    card_serial: String,
    /// The card on paper, so that nobody copies it by mistake.
    pub card_paper: Option<PathBuf>,
    /// Rows asked for so far; each serves one challenge, so a row seen before is a reminder or an answer.
    asked: BTreeSet<u32>,
    modem: Control,
    inbox: Watch,
    /// The issuer of their card, where one asks them itself: its number is another than the shop's.
    issuer: Option<(Control, Watch)>,
}

impl Payer {
    /// With a phone whose number no other payer has: `seed` makes the last eight digits.
    pub async fn with_phone(simulators: &Simulators, seed: u128) -> anyhow::Result<Self> {
        Self::calling_from(simulators, format!("+86138{:08}", seed % 100_000_000)).await
    }

    pub async fn calling_from(simulators: &Simulators, phone: String) -> anyhow::Result<Self> {
        Self::at_modem(simulators.modem.clone(), phone).await
    }

    pub async fn at_modem(modem: Control, phone: String) -> anyhow::Result<Self> {
        let inbox = modem.watch(0).await?;
        let (card, asked) = (BTreeMap::new(), BTreeSet::new());
        Ok(Self {
            phone,
            card,
            card_serial: String::new(),
            card_paper: None,
            asked,
            modem,
            inbox,
            issuer: None,
        })
    }

    pub fn phone(&self) -> &str {
        &self.phone
    }

    /// The card's codes, for tests that must not find them anywhere.
    pub fn row_codes(&self) -> impl Iterator<Item = &str> {
        self.card.values().map(String::as_str)
    }

    /// What the card says at a row.
    pub fn row_code(&self, row: u32) -> Option<&str> {
        self.card.get(&row).map(String::as_str)
    }

    /// Waits for the paper that is a code card of this serial and reads it.
    pub async fn take_card(&mut self, printer: &Control, serial: &str) -> anyhow::Result<()> {
        let mut papers = printer.watch(0).await?;
        loop {
            let paper = papers.event("paper", WAIT_MAX).await.context("waiting for the code card")?;
            let file = PathBuf::from(paper["escpos"].as_str().context("a paper has no bytes")?);
            let bytes = tokio::fs::read(&file).await?;
            let rows = rows_on(&bytes);
            if rows.len() == ROWS && contains(&bytes, serial.as_bytes()) {
                self.hold(rows, serial, file);
                return Ok(());
            }
        }
    }

    /// Opens an issuer's envelope: the rows inside are for the payer alone.
    pub fn open_envelope(&mut self, serial: &str, row_codes: &[String]) {
        self.card = (1..).zip(row_codes.iter().cloned()).collect();
        self.asked.clear();
        self.card_serial = serial.to_owned();
        self.card_paper = None;
    }

    /// From now on the payer also reads what the issuer writes to them.
    pub async fn hear_issuer(&mut self, modem: &Control) -> anyhow::Result<()> {
        self.issuer = Some((modem.clone(), modem.watch(0).await?));
        Ok(())
    }

    /// Reads the issuer's next text, which must name this sum, and agrees to it.
    pub async fn agree_to(&mut self, sum: &str) -> anyhow::Result<()> {
        let phone = self.phone.clone();
        let (modem, inbox) = self.issuer.as_mut().context("the payer hears no issuer")?;
        let to_them = |event: &Value| event["event"] == "submitted" && event["to"] == phone.as_str();
        let event = inbox.until("the issuer's SMS", WAIT_MAX, to_them).await?;
        let text = event["text"].as_str().context("an SMS has no text")?;
        ensure!(text.contains(sum), "the issuer asks for another sum than {sum}");
        let mut groups = text.split(|c: char| !c.is_ascii_digit());
        let number = groups.find(|group| group.len() == 5).context("the issuer's SMS has no number")?;
        modem.ask(json!({ "cmd": "inject_sms", "from": phone, "text": number })).await?;
        Ok(())
    }

    /// Takes up a card from an earlier run.
    pub async fn recall_card(&mut self, serial: &str, paper: &Path) -> anyhow::Result<()> {
        let rows = rows_on(&tokio::fs::read(paper).await?);
        ensure!(rows.len() == ROWS, "{} is no code card", paper.display());
        self.hold(rows, serial, paper.to_owned());
        Ok(())
    }

    fn hold(&mut self, rows: BTreeMap<u32, String>, serial: &str, paper: PathBuf) {
        self.card = rows;
        self.asked.clear();
        self.card_serial = serial.to_owned();
        self.card_paper = Some(paper);
    }

    /// The next SMS to the phone.
    pub async fn next_sms(&mut self) -> anyhow::Result<Sms> {
        self.sms_within(WAIT_MAX).await
    }

    /// The same, however long it takes.
    pub async fn next_sms_ever(&mut self) -> anyhow::Result<Sms> {
        self.sms_within(Duration::MAX).await
    }

    async fn sms_within(&mut self, deadline: Duration) -> anyhow::Result<Sms> {
        let phone = self.phone.clone();
        let to_them = |event: &Value| event["event"] == "submitted" && event["to"] == phone.as_str();
        let event = self.inbox.until("an SMS to the payer", deadline, to_them).await?;
        let text = event["text"].as_str().context("an SMS has no text")?.to_owned();
        Ok(Sms { row: row_in(&text), text })
    }

    /// The next SMS that asks for a new row.
    pub async fn next_challenge(&mut self) -> anyhow::Result<u32> {
        loop {
            if let Some(row) = self.next_sms().await?.row
                && self.asked.insert(row)
            {
                return Ok(row);
            }
        }
    }

    pub async fn answer(&self, row: u32, answer: Answer) -> anyhow::Result<()> {
        let text = match answer {
            Answer::Right => {
                self.card.get(&row).with_context(|| format!("the card has no row {row}"))?.clone()
            }
            Answer::Wrong(n) => self.no_code_of_mine(n)?,
            Answer::NotMe => "0".to_owned(),
            Answer::WrongGoods => "ERR".to_owned(),
            Answer::Lost => format!("LOST {}", self.card_serial),
        };
        self.write(&text).await
    }

    /// Reads the next challenge and gives the right code.
    pub async fn pay(&mut self) -> anyhow::Result<()> {
        let row = self.next_challenge().await?;
        self.answer(row, Answer::Right).await
    }

    pub async fn write(&self, text: &str) -> anyhow::Result<()> {
        let sms = json!({ "cmd": "inject_sms", "from": self.phone, "text": text });
        self.modem.ask(sms).await?;
        Ok(())
    }

    /// Another six digits for each n, none of them on the card.
    fn no_code_of_mine(&self, n: u32) -> anyhow::Result<String> {
        let mut wrong = (0..1_000_000_u32).map(|code| format!("{code:06}"));
        let wrong = wrong.by_ref().filter(|code| !self.card.values().any(|own| own == code)).nth(n as usize);
        wrong.context("no wrong code is left")
    }
}

/// What the camera and the handheld see of a QR code, read by a decoder that is not ours.
pub async fn read_qr(png: &Path) -> anyhow::Result<String> {
    let mut zbarimg = tokio::process::Command::new("zbarimg");
    zbarimg.args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"]).arg(png);
    let output =
        zbarimg.output().await.context("zbarimg (package zbar-tools; ./deploy/setup installs it)")?;
    ensure!(output.status.success(), "zbarimg reads no QR code in {}", png.display());
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

/// The row codes of a paper if it is a code card.
pub fn rows_on_card(escpos: &[u8]) -> Option<BTreeMap<u32, String>> {
    Some(rows_on(escpos)).filter(|rows| rows.len() == ROWS)
}

/// Cells of a code card: two digits of the row, a space, six digits of its code, in plain ASCII.
fn rows_on(escpos: &[u8]) -> BTreeMap<u32, String> {
    const CELL: usize = 9;
    let is_digit = |at: usize| escpos.get(at).is_some_and(u8::is_ascii_digit);
    let mut rows = BTreeMap::new();
    for (at, cell) in escpos.windows(CELL).enumerate() {
        let shape = cell.iter().enumerate().all(|(at, byte)| match at {
            2 => *byte == b' ',
            _ => byte.is_ascii_digit(),
        });
        let touches_a_digit = is_digit(at + CELL) || (at > 0 && is_digit(at - 1));
        if shape && !touches_a_digit {
            let number =
                |digits: &[u8]| digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
            rows.insert(number(&cell[..2]), String::from_utf8_lossy(&cell[3..]).into_owned());
        }
    }
    rows
}

/// `第23行`, `回卡23行`, `row 23`. An SMS that counts tries answers a wrong code: it asks for nothing new.
pub fn row_in(text: &str) -> Option<u32> {
    if text.contains("还可试") || text.contains("Tries left") {
        return None;
    }
    let digits_before = |end: usize| {
        let before = &text[..end];
        let start = before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        before[start..].parse().ok()
    };
    let chinese = text.match_indices('行').find_map(|(at, _)| digits_before(at));
    let english = || {
        let after = text.split("row ").nth(1)?;
        after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    chinese.or_else(english)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_is_found_in_both_languages() {
        let zh =
            "【惠民便利小店】11月24日消费5000.00元,单8F3K。付款回卡上第23行6位数,非本人回0。24时内有效。";
        let en =
            "HUIMIN SHOPS: 24 Nov 18:05 CNY 5000.00 no 8F3K. To pay reply row 7 of your card (6 digits).";
        assert_eq!((row_in(zh), row_in(en)), (Some(23), Some(7)));
        assert_eq!(row_in("12.00元8F3K,付款回卡41行码,否回0"), Some(41));
        assert_eq!(row_in("单8F3K已确认,扣款后另行通知。"), None);
        assert_eq!(row_in("密码不对,请回卡上第23行6位数,还可试2次。"), None);
    }

    #[test]
    fn rows_are_read_from_the_printers_bytes_and_nothing_else_is() {
        let card = b"\x1b@01 123456  21 234567  41 345678\n02 000009\n20261124 123456 2026 11 2444444 9";
        let rows = rows_on(card);
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[&2], "000009");
    }
}

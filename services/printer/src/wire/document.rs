//! A document as submitted becomes a document to lay out; every refusal names the field and the remedy.

use chit_proto::printer::v1 as proto;
use jiff::tz::TimeZone;
use prost::Message as _;
use proto::document::Content as Sent;
use zeroize::Zeroizing;

use crate::domain::document::{
    CODE_CARD_ROWS, CodeCard, Content, Document, Kept, Language, Line, Mandate, Money, Notice, Report, Sale,
};

const LINES_MAX: usize = 200;
const HEADER_LINES_MAX: usize = 4;
const PARAGRAPHS_MAX: usize = 20;
/// Characters.
const TEXT_LEN_MAX: usize = 120;
const PARAGRAPH_LEN_MAX: usize = 500;
const QR_LEN_MAX: usize = 400;
/// A debit may be returned for 13 months, and no film is kept longer than that may take.
const FILM_DAYS_MAX: u32 = 366;
const SHA256_LEN: usize = 32;
const ROW_CODE_LEN: usize = 6;
const TIME: &str = "%Y-%m-%d %H:%M";
const DATE: &str = "%Y-%m-%d";

#[derive(Debug, PartialEq, Eq)]
pub struct Invalid {
    pub field: String,
    pub remedy: String,
}

type Result<T> = std::result::Result<T, Invalid>;

fn invalid<T>(field: &str, remedy: impl Into<String>) -> Result<T> {
    Err(Invalid { field: format!("document.{field}"), remedy: remedy.into() })
}

/// Knows what a document leaves to the shop: its language, its clock's zone, whether all this is practice.
#[derive(Debug, Clone)]
pub struct DocumentReader {
    pub default_language: Language,
    pub time_zone: TimeZone,
    pub practice: bool,
}

impl DocumentReader {
    pub fn read(&self, sent: &proto::Document) -> Result<Document> {
        let language = match sent.language() {
            proto::Language::Unspecified => self.default_language,
            proto::Language::ZhCn => Language::ZhCn,
            proto::Language::En => Language::En,
        };
        let content = match &sent.content {
            Some(Sent::Sale(sale)) => Content::Sale(Box::new(self.sale(sale)?)),
            Some(Sent::Notice(notice)) => Content::Notice(self.notice(notice)?),
            Some(Sent::Mandate(mandate)) => Content::Mandate(self.mandate(mandate)?),
            Some(Sent::CodeCard(card)) => Content::CodeCard(code_card(card)?),
            Some(Sent::TestPage(page)) => {
                Content::TestPage { note: text("test_page.note", &page.note, TEXT_LEN_MAX)? }
            }
            Some(Sent::Report(report)) => Content::Report(Box::new(self.report(report)?)),
            None => return invalid("content", "choose what to print"),
        };
        Ok(Document { language, practice: self.practice, content })
    }

    /// `None` if these bytes cannot be read as a document that this version would accept.
    pub fn read_stored(&self, bytes: &[u8]) -> Option<Document> {
        self.read(&proto::Document::decode(bytes).ok()?).ok()
    }

    fn sale(&self, sale: &proto::SaleReceipt) -> Result<Sale> {
        if !(1..=LINES_MAX).contains(&sale.lines.len()) {
            return invalid("sale.lines", format!("send 1 to {LINES_MAX} lines"));
        }
        if sale.header_lines.len() > HEADER_LINES_MAX {
            return invalid("sale.header_lines", format!("send at most {HEADER_LINES_MAX} lines"));
        }
        let total = money("sale.total", sale.total.as_ref())?;
        let sum: i128 = sale.lines.iter().map(|line| i128::from(line.total_minor)).sum();
        if sum != i128::from(total.amount_minor) {
            return invalid("sale.total", "must equal the sum of the lines' totals");
        }
        if sale.payer_last4.chars().count() > 4 {
            return invalid("sale.payer_last4", "send the last four characters only");
        }
        if !matches!(sale.photo_sha256.len(), 0 | SHA256_LEN) {
            return invalid("sale.photo_sha256", "send 32 bytes, or none if there is no photo");
        }
        if sale.goods_sha256.len() != SHA256_LEN {
            return invalid("sale.goods_sha256", "send 32 bytes");
        }
        let in_qr = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || " $%*+-./:".contains(c);
        if !(1..=QR_LEN_MAX).contains(&sale.signed_qr.len()) || !sale.signed_qr.chars().all(in_qr) {
            return invalid(
                "sale.signed_qr",
                format!("send 1 to {QR_LEN_MAX} characters of 0-9 A-Z space $%*+-./:"),
            );
        }
        Ok(Sale {
            receipt_no: text("sale.receipt_no", &sale.receipt_no, TEXT_LEN_MAX)?,
            shop_name: text("sale.shop_name", &sale.shop_name, TEXT_LEN_MAX)?,
            header_lines: texts("sale.header_lines", &sale.header_lines, TEXT_LEN_MAX)?,
            till: text("sale.till", &sale.till, TEXT_LEN_MAX)?,
            cashier: text("sale.cashier", &sale.cashier, TEXT_LEN_MAX)?,
            time: self.local("sale.sale_time", sale.sale_time.as_ref(), TIME)?,
            lines: sale.lines.iter().map(line).collect::<Result<_>>()?,
            total,
            payer_last4: sale.payer_last4.clone(),
            sms_sender: text("sale.sms_sender", &sale.sms_sender, TEXT_LEN_MAX)?,
            lookup_code: text("sale.lookup_code", &sale.lookup_code, TEXT_LEN_MAX)?,
            sale_number: text("sale.sale_number", &sale.sale_number, TEXT_LEN_MAX)?,
            kept: kept(sale)?,
            photo_sha256: sale.photo_sha256.clone(),
            goods_sha256: sale.goods_sha256.clone(),
            signed_qr: sale.signed_qr.clone(),
        })
    }

    fn notice(&self, notice: &proto::MoneyNotice) -> Result<Notice> {
        Ok(Notice {
            receipt_no: text("notice.receipt_no", &notice.receipt_no, TEXT_LEN_MAX)?,
            shop_name: text("notice.shop_name", &notice.shop_name, TEXT_LEN_MAX)?,
            time: self.local("notice.time", notice.time.as_ref(), TIME)?,
            amount: money("notice.amount", notice.amount.as_ref())?,
            approved_by: text("notice.approved_by", &notice.approved_by, TEXT_LEN_MAX)?,
            voided: notice.voided,
        })
    }

    fn mandate(&self, mandate: &proto::MandateDocument) -> Result<Mandate> {
        if !(1..=PARAGRAPHS_MAX).contains(&mandate.paragraphs.len()) {
            return invalid("mandate.paragraphs", format!("send 1 to {PARAGRAPHS_MAX} paragraphs"));
        }
        Ok(Mandate {
            mandate_id: text("mandate.mandate_id", &mandate.mandate_id, TEXT_LEN_MAX)?,
            shop_name: text("mandate.shop_name", &mandate.shop_name, TEXT_LEN_MAX)?,
            payer_name: text("mandate.payer_name", &mandate.payer_name, TEXT_LEN_MAX)?,
            phone_masked: text("mandate.phone_masked", &mandate.phone_masked, TEXT_LEN_MAX)?,
            date: self.local("mandate.time", mandate.time.as_ref(), DATE)?,
            paragraphs: texts("mandate.paragraphs", &mandate.paragraphs, PARAGRAPH_LEN_MAX)?,
        })
    }

    fn report(&self, report: &proto::ShiftReport) -> Result<Report> {
        let name = |field: &str, value: &String| text(&format!("report.{field}"), value, TEXT_LEN_MAX);
        let read = Report {
            closing: report.closing,
            report_no: name("report_no", &report.report_no)?,
            shop_name: name("shop_name", &report.shop_name)?,
            till: name("till", &report.till)?,
            cashier: name("cashier", &report.cashier)?,
            from_time: self.local("report.from_time", report.from_time.as_ref(), TIME)?,
            until_time: self.local("report.until_time", report.until_time.as_ref(), TIME)?,
            first_receipt_no: name("first_receipt_no", &report.first_receipt_no)?,
            last_receipt_no: name("last_receipt_no", &report.last_receipt_no)?,
            receipt_count: report.receipt_count,
            currency_code: currency("report.currency_code", &report.currency_code)?,
            gross_minor: report.gross_minor,
            settled_minor: report.settled_minor,
            open_minor: report.open_minor,
            bad_minor: report.bad_minor,
            written_off_minor: report.written_off_minor,
            paid_otherwise_minor: report.paid_otherwise_minor,
            void_minor: report.void_minor,
            refunds_minor: report.refunds_minor,
            net_minor: report.net_minor,
        };
        if read.adds_up() {
            return Ok(read);
        }
        invalid(
            "report.gross_minor",
            "gross is settled + open + bad + written off + paid otherwise + void, net is gross - void - refunds",
        )
    }

    fn local(&self, field: &str, time: Option<&prost_types::Timestamp>, format: &str) -> Result<String> {
        match time.and_then(chit_runtime::clock::from_proto) {
            Some(time) => Ok(time.to_zoned_datetime(self.time_zone.clone()).strftime(format).to_string()),
            None => invalid(field, "send a valid time"),
        }
    }
}

fn line(line: &proto::ReceiptLine) -> Result<Line> {
    Ok(Line {
        description: text("sale.lines.description", &line.description, TEXT_LEN_MAX)?,
        quantity_milli: line.quantity_milli,
        unit_price_minor: line.unit_price_minor,
        total_minor: line.total_minor,
    })
}

fn code_card(card: &proto::CodeCardDocument) -> Result<CodeCard> {
    let is_code = |code: &String| code.len() == ROW_CODE_LEN && code.bytes().all(|b| b.is_ascii_digit());
    if card.row_codes.len() != CODE_CARD_ROWS || !card.row_codes.iter().all(is_code) {
        return invalid("code_card.row_codes", format!("send {CODE_CARD_ROWS} codes of six digits"));
    }
    Ok(CodeCard {
        card_serial: text("code_card.card_serial", &card.card_serial, TEXT_LEN_MAX)?,
        shop_name: text("code_card.shop_name", &card.shop_name, TEXT_LEN_MAX)?,
        rows: card.row_codes.iter().cloned().map(Zeroizing::new).collect(),
    })
}

fn money(field: &str, money: Option<&chit_proto::money::v1::Money>) -> Result<Money> {
    let Some(money) = money else { return invalid(field, "send an amount with its currency code") };
    Ok(Money { amount_minor: money.amount_minor, currency_code: currency(field, &money.currency_code)? })
}

fn currency(field: &str, code: &str) -> Result<String> {
    if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) {
        return Ok(code.to_owned());
    }
    invalid(field, "send a currency code of three capital letters, e.g. CNY")
}

fn text(field: &str, text: &str, len_max: usize) -> Result<String> {
    if text.chars().count() > len_max {
        return invalid(field, format!("send at most {len_max} characters"));
    }
    Ok(text.to_owned())
}

fn kept(sale: &proto::SaleReceipt) -> Result<Kept> {
    match sale.film_days_after_notice {
        0 => text("sale.retention_date", &sale.retention_date, TEXT_LEN_MAX).map(Kept::Until),
        days if days > FILM_DAYS_MAX => {
            invalid("sale.film_days_after_notice", format!("send at most {FILM_DAYS_MAX}"))
        }
        _ if !sale.retention_date.is_empty() => {
            invalid("sale.retention_date", "leave it empty with film_days_after_notice")
        }
        days => Ok(Kept::DaysAfterNotice(days)),
    }
}

fn texts(field: &str, list: &[String], len_max: usize) -> Result<Vec<String>> {
    list.iter().map(|one| text(field, one, len_max)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader() -> DocumentReader {
        DocumentReader {
            default_language: Language::ZhCn,
            time_zone: TimeZone::get("Asia/Shanghai").unwrap(),
            practice: false,
        }
    }

    fn sale() -> proto::SaleReceipt {
        proto::SaleReceipt {
            sale_time: Some(prost_types::Timestamp { seconds: 1_795_491_720, nanos: 0 }),
            lines: vec![proto::ReceiptLine {
                description: "tea".into(),
                quantity_milli: 1000,
                unit_price_minor: 700,
                total_minor: 700,
            }],
            total: Some(chit_proto::money::v1::Money { amount_minor: 700, currency_code: "CNY".into() }),
            goods_sha256: vec![1; 32],
            signed_qr: "CHIT:1".into(),
            ..Default::default()
        }
    }

    fn read(sale: proto::SaleReceipt) -> Result<Document> {
        reader().read(&proto::Document { language: 0, content: Some(Sent::Sale(sale)) })
    }

    fn refused_field(sale: proto::SaleReceipt) -> String {
        read(sale).unwrap_err().field
    }

    #[test]
    fn a_sale_is_read_in_the_shop_s_language_and_time() {
        let document = read(sale()).unwrap();
        assert_eq!(document.language, Language::ZhCn);
        let Content::Sale(sale) = document.content else { panic!("not a sale") };
        assert_eq!(sale.time, "2026-11-24 11:42");
    }

    #[test]
    fn what_does_not_add_up_or_cannot_be_drawn_is_refused_by_name() {
        let mut wrong = sale();
        wrong.lines[0].total_minor = 701;
        assert_eq!(refused_field(wrong), "document.sale.total");
        let lower_case = proto::SaleReceipt { signed_qr: "chit".into(), ..sale() };
        assert_eq!(refused_field(lower_case), "document.sale.signed_qr");
        let no_goods = proto::SaleReceipt { goods_sha256: vec![], ..sale() };
        assert_eq!(refused_field(no_goods), "document.sale.goods_sha256");
        let no_time = proto::SaleReceipt { sale_time: None, ..sale() };
        assert_eq!(refused_field(no_time), "document.sale.sale_time");
    }

    #[test]
    fn a_code_card_has_sixty_rows_of_six_digits() {
        let card = |row: &str, rows| {
            code_card(&proto::CodeCardDocument {
                card_serial: "C1".into(),
                shop_name: "shop".into(),
                row_codes: vec![row.into(); rows],
            })
        };
        assert!(card("123456", 60).is_ok());
        assert_eq!(card("12345a", 60).unwrap_err().field, "document.code_card.row_codes");
        assert_eq!(card("123456", 59).unwrap_err().field, "document.code_card.row_codes");
    }
}

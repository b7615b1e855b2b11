//! The documents that are printed in proof and bench.

use chit_proto::money::v1::Money;
use chit_proto::printer::v1::document::Content;
use chit_proto::printer::v1::{Document, Language, ReceiptLine, SaleReceipt};

/// A payer-facing QR of a real one's length.
pub const QR: &str = "CHIT1:7Q4F9KD2M8XW3R5T6Y1HZ0CVBNA4PSDJGLKE:20261124-000183:73.18:K7M2QX4TD9F8R3W6";
/// Some time in the afternoon.
const SALE_TIME_S: i64 = 1_795_491_720;

fn line(description: &str, quantity_milli: i64, unit_price_minor: i64, total_minor: i64) -> ReceiptLine {
    ReceiptLine { description: description.into(), quantity_milli, unit_price_minor, total_minor }
}

fn sale(receipt_no: &str, lines: Vec<ReceiptLine>) -> SaleReceipt {
    let amount_minor = lines.iter().map(|line| line.total_minor).sum();
    SaleReceipt {
        sale_id: "01JDJ0B0000000000000000009".into(),
        receipt_no: receipt_no.into(),
        till: "02".into(),
        sale_time: Some(prost_types::Timestamp { seconds: SALE_TIME_S, nanos: 0 }),
        lines,
        total: Some(Money { amount_minor, currency_code: "CNY".into() }),
        payer_last4: "6417".into(),
        sms_sender: "+86 571 8888 0000".into(),
        lookup_code: "7Q4F-9KD2".into(),
        retention_date: "2027-02-24".into(),
        photo_sha256: vec![0x1a; 32],
        goods_sha256: vec![0xb2; 32],
        signed_qr: QR.into(),
        ..Default::default()
    }
}

fn document(language: Language, sale: SaleReceipt) -> Document {
    Document { language: language.into(), content: Some(Content::Sale(sale)) }
}

pub fn english(receipt_no: &str) -> Document {
    let lines = vec![
        line("Jasmine tea 500 ml", 2000, 350, 700),
        line("Gala apples, loose", 1250, 1200, 1500),
        line("Instant noodles, beef", 3000, 450, 1350),
        line("Fresh eggs, 10", 1000, 1280, 1280),
        line("Pen, blue", 1000, 590, 590),
        line("Gift box of the season with a ribbon and a card", 1000, 1898, 1898),
    ];
    let shop = SaleReceipt {
        shop_name: "Lucky Corner Shop".into(),
        header_lines: vec!["12 Wensan Road, Hangzhou".into()],
        cashier: "Li".into(),
        ..sale(receipt_no, lines)
    };
    document(Language::En, shop)
}

pub fn chinese(receipt_no: &str) -> Document {
    let lines = vec![
        line("茉莉花茶 500毫升", 2000, 350, 700),
        line("红富士苹果（散装）", 1250, 1200, 1500),
        line("康师傅红烧牛肉面", 3000, 450, 1350),
        line("鲜鸡蛋 10枚", 1000, 1280, 1280),
        line("蓝色圆珠笔", 1000, 590, 590),
        line("节日礼盒 🎁 含贺卡", 1000, 1898, 1898),
    ];
    let shop = SaleReceipt {
        shop_name: "好运便利店".into(),
        header_lines: vec!["杭州市西湖区文三路 12 号".into()],
        cashier: "李".into(),
        ..sale(receipt_no, lines)
    };
    document(Language::ZhCn, shop)
}

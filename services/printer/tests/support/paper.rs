//! Documents to print.

use chit_proto::money::v1::Money;
use chit_proto::printer::v1 as proto;
use proto::document::Content;

pub fn sale() -> proto::Document {
    document(Content::Sale(proto::SaleReceipt {
        sale_id: "01JDSALE".into(),
        receipt_no: "20261124-000183".into(),
        shop_name: "Lucky Corner Shop".into(),
        till: "02".into(),
        cashier: "Li".into(),
        sale_time: Some(prost_types::Timestamp { seconds: 1_795_491_720, nanos: 0 }),
        lines: vec![proto::ReceiptLine {
            description: "茉莉花茶\u{1b}@ 500 ml".into(),
            quantity_milli: 2000,
            unit_price_minor: 350,
            total_minor: 700,
        }],
        total: Some(Money { amount_minor: 700, currency_code: "CNY".into() }),
        payer_last4: "6417".into(),
        sms_sender: "+86 571 8888 0000".into(),
        lookup_code: "7Q4F-9KD2".into(),
        retention_date: "2027-02-24".into(),
        photo_sha256: vec![1; 32],
        goods_sha256: vec![2; 32],
        signed_qr: "CHIT1:ABC".into(),
        ..Default::default()
    }))
}

pub const ROW_CODE: &str = "739204";

pub fn code_card() -> proto::Document {
    document(Content::CodeCard(proto::CodeCardDocument {
        card_serial: "C-0042".into(),
        shop_name: "Lucky Corner Shop".into(),
        row_codes: vec![ROW_CODE.into(); 60],
    }))
}

fn document(content: Content) -> proto::Document {
    proto::Document { language: proto::Language::En.into(), content: Some(content) }
}

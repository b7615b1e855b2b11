//! What checkout has printed: documents as data, built from a record alone, so that a resubmitted job is the same.

use chit_proto::money::v1::Money;
use chit_proto::printer::v1::document::Content;
use chit_proto::printer::v1::{
    CodeCardDocument, Document, Language, MandateDocument, MoneyNotice, ReceiptLine, SaleReceipt,
};
use jiff::Timestamp;

use crate::collection::Refund;
use crate::config::Retention;
use crate::context::Shop;
use crate::payer::Payer;
use crate::payer::code_card::{CardKey, Row};
use crate::sale::{LaidOut, Sale, Sold, Voided};

/// Media-capture's profile `eu`: film goes so many days after the notice, and so many after the answer whatever happened.
const EU_FILM_DAYS: u32 = 3;
const EU_FILM_DAYS_AT_MOST: u32 = 30;

pub fn receipt(shop: &Shop, sale: &Sale, sold: &Sold, laid_out: &LaidOut) -> Document {
    let lines = sale
        .lines
        .iter()
        .map(|line| ReceiptLine {
            description: line.description.clone(),
            quantity_milli: line.quantity_milli,
            unit_price_minor: line.unit_price_minor,
            total_minor: line.total_minor,
        })
        .collect();
    let receipt = SaleReceipt {
        sale_id: sale.id.to_string(),
        receipt_no: sold.receipt_no.clone(),
        shop_name: shop.cfg.shop_name.clone(),
        header_lines: shop.cfg.header_lines.clone(),
        till: sale.till.clone(),
        cashier: sale.cashier.clone(),
        sale_time: time(sold.at),
        lines,
        total: money(sale, sale.total_minor),
        payer_last4: sold.payer.payer.last4(),
        sms_sender: shop.cfg.sms_sender.clone(),
        lookup_code: sold.receipt.lookup_code.to_string(),
        sale_number: sold.number.to_string(),
        retention_date: retention_date(shop, sold),
        film_days_after_notice: film_days_after_notice(shop),
        photo_sha256: laid_out.photo_sha256.map(Vec::from).unwrap_or_default(),
        goods_sha256: sold.evidence.goods_sha256.to_vec(),
        signed_qr: laid_out.signed_qr.clone(),
    };
    Document { language: language(&shop.cfg.receipt_language), content: Some(Content::Sale(receipt)) }
}

/// The receipt counts for nothing: when it was voided, and by whom.
pub fn void_notice(shop: &Shop, sale: &Sale, sold: &Sold, voided: &Voided) -> Document {
    notice(shop, sale, sold, (voided.at, &voided.by, sale.total_minor, true))
}

/// What was paid back: when it was, and who approved it.
pub fn refund_notice(shop: &Shop, sale: &Sale, sold: &Sold, refund: &Refund) -> Document {
    notice(shop, sale, sold, (refund.at, &refund.by, refund.amount_minor, false))
}

fn notice(
    shop: &Shop,
    sale: &Sale,
    sold: &Sold,
    (at, by, amount_minor, voided): (Timestamp, &str, i64, bool),
) -> Document {
    let notice = MoneyNotice {
        sale_id: sale.id.to_string(),
        receipt_no: sold.receipt_no.clone(),
        shop_name: shop.cfg.shop_name.clone(),
        time: time(at),
        amount: money(sale, amount_minor),
        approved_by: by.to_owned(),
        voided,
    };
    Document { language: language(&shop.cfg.receipt_language), content: Some(Content::Notice(notice)) }
}

pub fn mandate(shop: &Shop, payer: &Payer) -> Document {
    let mandate = MandateDocument {
        mandate_id: payer.mandate.to_string(),
        shop_name: shop.cfg.shop_name(payer.is_chinese()).to_owned(),
        payer_name: payer.name.clone(),
        phone_masked: payer.phone.as_ref().map(|phone| masked(phone.reveal())).unwrap_or_default(),
        time: time(payer.enrolled_at),
        paragraphs: if payer.is_chinese() { mandate_zh(shop) } else { mandate_en(shop) },
    };
    let language = if payer.is_chinese() { Language::ZhCn } else { Language::En };
    Document { language: language as i32, content: Some(Content::Mandate(mandate)) }
}

/// Row codes exist in this document and on paper only.
pub fn code_card(shop: &Shop, payer: &Payer, key: &CardKey) -> Document {
    let card = CodeCardDocument {
        card_serial: payer.card.serial.to_string(),
        shop_name: shop.cfg.shop_name(false).to_owned(),
        row_codes: Row::all().map(|row| key.row_code(row).reveal().to_owned()).collect(),
    };
    Document { language: Language::En as i32, content: Some(Content::CodeCard(card)) }
}

fn mandate_zh(shop: &Shop) -> Vec<String> {
    let kept = match shop.cfg.retention {
        Retention::Eu => format!(
            "影像自通知扣款后{EU_FILM_DAYS}天内、最迟于本人回复后{EU_FILM_DAYS_AT_MOST}天删除,有争议或查询时除外;商品记录保存至扣款可退回期满"
        ),
        Retention::Cn | Retention::Custom => {
            format!("保存至扣款后至少{}天", shop.cfg.evidence_retention_days)
        }
    };
    vec![
        "本人授权上述商户,对本人出示付款码并经短信以口令卡行码确认的消费,从本人账户扣款。未经确认不扣款。"
            .into(),
        format!("本人同意:注册时拍照;交易时录像、拍照并与商品记录一并封存,{kept},仅用于查询与争议。"),
        "口令卡请存放家中,勿与手机同放。丢失请回短信“挂失”加卡号。".into(),
    ]
}

fn mandate_en(shop: &Shop) -> Vec<String> {
    let kept = match shop.cfg.retention {
        Retention::Eu => format!(
            "Film and photos are erased within {EU_FILM_DAYS} days of the SMS that states the deduction, at the latest {EU_FILM_DAYS_AT_MOST} days after my answer, unless a dispute or an enquiry is open; the record of goods is kept as long as the debit may be returned."
        ),
        Retention::Cn | Retention::Custom => {
            format!("They are kept at least {} days after the deduction.", shop.cfg.evidence_retention_days)
        }
    };
    vec![
        "I authorise the shop above to deduct purchases that I made by showing my payer code and confirmed by SMS with a row of my code card. Nothing is deducted without that confirmation.".into(),
        format!("I consent to a photo at enrolment and to video and photos of each purchase, sealed with the goods and used for enquiries and disputes only. {kept}"),
        "Keep the card at home, apart from the phone. If it is lost, text LOST and its number.".into(),
    ]
}

/// "+86 138 **** 5678": enough to find a wrong digit, too little to call.
fn masked(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().collect();
    let (head, tail) = (digits.len().min(6), digits.len().saturating_sub(4));
    format!(
        "{} **** {}",
        digits[..head].iter().collect::<String>(),
        digits[tail.max(head)..].iter().collect::<String>()
    )
}

fn film_days_after_notice(shop: &Shop) -> u32 {
    if shop.cfg.retention == Retention::Eu { EU_FILM_DAYS } else { 0 }
}

/// Empty where the payer's answer decides.
fn retention_date(shop: &Shop, sold: &Sold) -> String {
    if shop.cfg.retention == Retention::Eu {
        return String::new();
    }
    let days = i64::from(shop.cfg.evidence_retention_days);
    let until = sold.at + jiff::SignedDuration::from_hours(24 * days);
    shop.voice.quiet.local_day(until).to_string()
}

fn language(tag: &str) -> i32 {
    if tag == "en" { Language::En as i32 } else { Language::ZhCn as i32 }
}

fn money(sale: &Sale, amount_minor: i64) -> Option<Money> {
    Some(Money { amount_minor, currency_code: sale.currency.code().to_owned() })
}

fn time(at: Timestamp) -> Option<prost_types::Timestamp> {
    Some(chit_runtime::clock::to_proto(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::sale::state::SaleState;
    use crate::tests::fixture::Till;

    async fn told(retention: Retention) -> (SaleReceipt, String) {
        let till =
            Till::open_with(Config { retention, evidence_retention_days: 60, ..Config::default() }).await;
        let id = till.put(SaleState::Printing, 100, |_| {}).await;
        let sale = till.read(move |view| view.sale(id)).await;
        let sold = sale.sold().unwrap();
        let laid_out = LaidOut { photo_sha256: None, signed_qr: "QR".into() };
        let receipt = receipt(&till.shop, &sale, sold, &laid_out);
        let Some(Content::Sale(receipt)) = receipt.content else { panic!("a receipt") };
        let consent = mandate_zh(&till.shop).concat() + &mandate_en(&till.shop).concat();
        (receipt, consent)
    }

    #[tokio::test]
    async fn receipt_and_consent_say_what_the_shops_profile_does_with_the_film() {
        for profile in [Retention::Cn, Retention::Custom] {
            let (receipt, consent) = told(profile).await;
            assert_eq!((receipt.retention_date.len(), receipt.film_days_after_notice), (10, 0));
            assert!(consent.contains("扣款后至少60天") && consent.contains("at least 60 days"), "{consent}");
        }
        let (receipt, consent) = told(Retention::Eu).await;
        assert_eq!((receipt.retention_date.as_str(), receipt.film_days_after_notice), ("", 3));
        assert!(consent.contains("通知扣款后3天内") && consent.contains("within 3 days"), "{consent}");
    }
}

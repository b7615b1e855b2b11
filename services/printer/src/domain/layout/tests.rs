use super::*;
use crate::domain::document::{CodeCard, Kept, Language, Line, Mandate, Money, Notice, Report, Sale};
use zeroize::Zeroizing;

fn money(amount_minor: i64) -> Money {
    Money { amount_minor, currency_code: "CNY".into() }
}

fn line(description: &str, quantity_milli: i64, unit_price_minor: i64, total_minor: i64) -> Line {
    Line { description: description.into(), quantity_milli, unit_price_minor, total_minor }
}

fn sale() -> Sale {
    Sale {
        receipt_no: "20261124-000183".into(),
        shop_name: "好运便利店".into(),
        header_lines: vec!["杭州市西湖区文三路 12 号".into()],
        till: "02".into(),
        cashier: "李".into(),
        time: "2026-11-24 11:42".into(),
        lines: vec![
            line("茉莉花茶 500毫升", 2000, 350, 700),
            line("Gala apples, loose", 1250, 1200, 1500),
            line("¥9.9 特价 🎁 礼盒", 1000, 5118, 5118),
        ],
        total: money(7318),
        payer_last4: "6417".into(),
        sms_sender: "+86 571 8888 0000".into(),
        lookup_code: "7Q4F-9KD2".into(),
        sale_number: "8F3K".into(),
        kept: Kept::Until("2027-02-24".into()),
        photo_sha256: vec![0x1a; 32],
        goods_sha256: vec![0xb2; 32],
        signed_qr: "CHIT:TEST".into(),
    }
}

fn document(language: Language, content: Content) -> Document {
    Document { language, practice: false, content }
}

fn text_of(document: &Document, edition: Edition, columns: usize) -> String {
    lay_out(document, edition, columns, &Stationery::plain()).to_text()
}

#[test]
fn a_chinese_receipt_reads_like_this() {
    let text =
        text_of(&document(Language::ZhCn, Content::Sale(Box::new(sale()))), Edition::Original, COLUMNS_80_MM);
    assert_eq!(text, include_str!("golden/sale-zh.txt"), "{text}");
}

#[test]
fn an_english_receipt_reads_like_this() {
    let sale = Sale {
        shop_name: "Lucky Corner Shop".into(),
        header_lines: vec!["12 Wensan Road, Hangzhou".into()],
        cashier: "Li".into(),
        photo_sha256: vec![],
        ..sale()
    };
    let document = Document { practice: true, ..document(Language::En, Content::Sale(Box::new(sale))) };
    let text = text_of(&document, Edition::Copy(2), COLUMNS_80_MM);
    assert_eq!(text, include_str!("golden/sale-en-copy.txt"), "{text}");
}

#[test]
fn a_receipt_whose_answer_erases_the_film_says_so_and_names_no_day() {
    for (language, words) in [
        (Language::ZhCn, "扣款短信通知后 3 天内删除影像"),
        (Language::En, "erased within 3 days of the debit SMS"),
    ] {
        let sale = Sale { kept: Kept::DaysAfterNotice(3), ..sale() };
        let text =
            text_of(&document(language, Content::Sale(Box::new(sale))), Edition::Original, COLUMNS_58_MM);
        let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(line.contains(words), "{text}");
        assert!(!text.contains("2027"), "{text}");
    }
}

#[test]
fn a_narrow_receipt_reads_like_this() {
    let text =
        text_of(&document(Language::ZhCn, Content::Sale(Box::new(sale()))), Edition::Original, COLUMNS_58_MM);
    assert_eq!(text, include_str!("golden/sale-zh-58mm.txt"), "{text}");
}

#[test]
fn a_mandate_reads_like_this() {
    let mandate = Mandate {
        mandate_id: "M-01JDXYZ".into(),
        shop_name: "好运便利店".into(),
        payer_name: "王小明".into(),
        phone_masked: "+86 138 **** 5678".into(),
        date: "2026-11-24".into(),
        paragraphs: vec!["本人授权上述收款人在本人通过短信口令确认后，从本人账户扣收每笔消费款项。".into()],
    };
    let document = document(Language::ZhCn, Content::Mandate(mandate));
    let text = text_of(&document, Edition::Original, COLUMNS_80_MM);
    assert_eq!(text, include_str!("golden/mandate-zh.txt"), "{text}");
}

fn card() -> CodeCard {
    CodeCard {
        card_serial: "C-0042".into(),
        shop_name: "Lucky Corner Shop".into(),
        rows: (1..=60).map(|row| Zeroizing::new(format!("{:06}", row * 1111))).collect(),
    }
}

#[test]
fn a_code_card_has_three_columns_of_twenty_on_the_narrowest_paper() {
    let document = document(Language::En, Content::CodeCard(card()));
    let text = text_of(&document, Edition::Original, COLUMNS_58_MM);
    assert_eq!(text, include_str!("golden/code-card-en.txt"), "{text}");
}

fn report() -> Report {
    Report {
        closing: true,
        report_no: "Z-000042".into(),
        shop_name: "好运便利店".into(),
        till: "02".into(),
        cashier: "李".into(),
        from_time: "2026-11-24 07:00".into(),
        until_time: "2026-11-24 15:00".into(),
        first_receipt_no: "20261124-000001".into(),
        last_receipt_no: "20261124-000183".into(),
        receipt_count: 183,
        currency_code: "CNY".into(),
        gross_minor: 100_000,
        settled_minor: 60_000,
        open_minor: 30_000,
        bad_minor: 2_000,
        written_off_minor: 1_000,
        paid_otherwise_minor: 3_000,
        void_minor: 4_000,
        refunds_minor: 5_000,
        net_minor: 91_000,
    }
}

#[test]
fn a_z_report_reads_like_this_and_adds_up() {
    assert!(report().adds_up() && !Report { open_minor: 30_001, ..report() }.adds_up());
    assert!(!Report { net_minor: 91_001, ..report() }.adds_up());
    let document = document(Language::ZhCn, Content::Report(Box::new(report())));
    let text = text_of(&document, Edition::Original, COLUMNS_80_MM);
    assert_eq!(text, include_str!("golden/z-report-zh.txt"), "{text}");
}

#[test]
fn a_shop_s_own_order_of_blocks_is_followed_and_a_qr_keeps_its_white() {
    use crate::domain::template::{BUILT_IN, Block};
    let mut shop = Stationery::plain();
    let moved = |block: &Block| !matches!(block, Block::Qr | Block::Hashes | Block::Blank);
    shop.words.receipt = BUILT_IN.into_iter().filter(moved).chain([Block::Rule, Block::Qr]).collect();
    let page = lay_out(
        &document(Language::En, Content::Sale(Box::new(sale()))),
        Edition::Original,
        COLUMNS_80_MM,
        &shop,
    );
    let text = page.to_text();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert!(lines[lines.len() - 3..].starts_with(&["", "[QR]"]), "{text}");
    assert!(!text.contains("photo"), "left out: {text}");
}

#[test]
fn a_shop_s_logo_and_footer_are_on_its_receipts_and_on_no_code_card() {
    let mut dots = crate::domain::bitmap::Bitmap::blank(300, 40);
    dots.burn(1, 1);
    let logo = Some(std::sync::Arc::new(dots));
    let shop = Stationery { logo, ..Stationery::plain() };
    let sale = document(Language::En, Content::Sale(Box::new(sale())));
    let has_logo = |document: &Document, columns| {
        let page = lay_out(document, Edition::Original, columns, &shop);
        page.elements.iter().any(|element| matches!(element, Element::Logo(_)))
    };
    assert!(has_logo(&sale, COLUMNS_58_MM) && !has_logo(&sale, 24), "a logo that does not fit is left out");
    assert!(!has_logo(&document(Language::En, Content::CodeCard(card())), COLUMNS_80_MM));
}

#[test]
fn a_copy_never_calls_itself_an_original() {
    for language in [Language::ZhCn, Language::En] {
        let notice = Notice {
            receipt_no: "1".into(),
            shop_name: "shop".into(),
            time: "2026-11-24 11:42".into(),
            amount: money(100),
            approved_by: "Li".into(),
            voided: true,
        };
        for content in [Content::Sale(Box::new(sale())), Content::Notice(notice)] {
            let document = document(language, content);
            let original = text_of(&document, Edition::Original, COLUMNS_80_MM);
            assert!(original.contains("ORIGINAL") && !original.contains("COPY"), "{original}");
            let copy = text_of(&document, Edition::Copy(1), COLUMNS_80_MM);
            assert!(
                copy.contains("COPY 1") && !copy.contains("ORIGINAL") && !copy.contains("正本"),
                "{copy}"
            );
        }
    }
}

#[test]
fn a_sandbox_marks_every_paper_as_practice() {
    let contents = [
        Content::Sale(Box::new(sale())),
        Content::CodeCard(card()),
        Content::TestPage { note: "made by 'chit doctor'".into() },
    ];
    for content in contents {
        let document = Document { practice: true, ..document(Language::ZhCn, content) };
        assert!(text_of(&document, Edition::Original, COLUMNS_58_MM).contains("练习 PRACTICE"));
    }
}

mod random;

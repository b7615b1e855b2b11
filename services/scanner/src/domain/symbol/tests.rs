use super::*;
use proptest::prelude::*;

fn kind(text: &str) -> Kind {
    let (identifier, data) =
        aim::split(text.as_bytes()).map_or((None, text.as_bytes()), |(id, data)| (Some(id), data));
    parse(data, identifier).kind
}

fn goods(text: &str) -> String {
    let (identifier, data) =
        aim::split(text.as_bytes()).map_or((None, text.as_bytes()), |(id, data)| (Some(id), data));
    let symbol = parse(data, identifier);
    assert!(matches!(symbol.kind, Kind::Goods | Kind::InStore), "{text} is {symbol:?}");
    symbol.gtins[0].as_str().trim_start_matches('0').to_owned()
}

#[test]
fn goods_are_the_same_from_every_symbology_and_every_setting_of_a_device() {
    for text in [
        "6901234567892",
        "]E06901234567892",
        "06901234567892",
        "]C10106901234567892",
        "]d2\u{1d}010690123456789221ABC12",
        "]d21021072911\u{1d}172405310106901234567892",
        "\u{1d}01069012345678922112345\u{1d}1109010117100101",
        "0106901234567892",
        "010690123456789217261231",
        "]Q1https://example.org/01/06901234567892",
        "]e0010690123456789210LOT7",
        "(01)06901234567892(10)LOT7",
    ] {
        assert_eq!(goods(text), "6901234567892", "{text}");
    }
    assert_eq!(goods("96385074"), "96385074");
    assert_eq!(goods("10614141000415"), "10614141000415");
}

#[test]
fn upc_e_of_eight_digits_is_its_upc_a() {
    assert_eq!(goods("04252614"), "42100005264");
    assert_eq!(goods("]E004252614"), "42100005264");
}

#[test]
fn eight_digits_that_are_right_in_two_ways_leave_the_choice_to_the_catalogue() {
    // 01 + 0 + 0000 + 1: right as GTIN-8 and as UPC-E.
    let both = (0..10_000_000_u32).map(|n| format!("0{n:07}")).find(|text| {
        Gtin::parse(text).is_some()
            && Gtin::of_upc_e(text).is_some()
            && Gtin::parse(text) != Gtin::of_upc_e(text)
    });
    let both = both.unwrap();
    let symbol = parse(both.as_bytes(), None);
    assert_eq!((symbol.kind, symbol.gtins.len()), (Kind::Goods, 2));
    assert_eq!(parse_as(both.as_bytes(), Symbology::UpcE).gtins[0], Gtin::of_upc_e(&both).unwrap());
}

#[test]
fn add_ons_of_magazines_and_books_are_set_apart() {
    for (text, gtin, add_on) in [
        ("76194134919000211", "761941349190", "00211"),
        ("977123456700300001", "9771234567003", "00001"),
        ("]E3977123456700300001", "9771234567003", "00001"),
        ("977123456700305", "9771234567003", "05"),
        ("]E3978014300723412345", "9780143007234", "12345"),
    ] {
        let (identifier, data) =
            aim::split(text.as_bytes()).map_or((None, text.as_bytes()), |(id, data)| (Some(id), data));
        let symbol = parse(data, identifier);
        assert_eq!(symbol.gtins[0], Gtin::parse(gtin).unwrap(), "{text}");
        assert_eq!(symbol.add_on, add_on, "{text}");
    }
}

#[test]
fn weight_and_price_in_the_code_are_handed_on_as_numbers_of_the_shop() {
    for text in ["2100001027506", "2400412025505", "]E02100001027506"] {
        assert_eq!(kind(text), Kind::InStore, "{text}");
    }
    assert_eq!(kind("2100001027505"), Kind::Misread);
}

#[test]
fn payment_codes_of_others_are_named() {
    assert_eq!(kind("hQVDUFYwMWETTwegAAAAVVVV"), Kind::EmvConsumer);
    assert_eq!(kind("]Q100020101021129300012D156000000000510A93FO3230Q6304ABCD"), Kind::EmvMerchant);
    assert_eq!(kind("134567890123456789"), Kind::Wallet);
    assert_eq!(kind("]C02812345678901234"), Kind::Wallet);
    assert_eq!(kind("6212345678901234567"), Kind::Wallet);
    assert_eq!(kind("]E3134567890123456789"), Kind::Text, "no wallet prints an EAN");
}

#[test]
fn a_payer_code_is_told_by_its_form() {
    let mut token = [7; chit_payer_code::TOKEN_BYTES];
    token[0] = 0xF1;
    (token[12], token[13], token[14], token[15]) = (9, 0, 9, 90);
    (token[20], token[21]) = (0, 156);
    let digits = chit_payer_code::digits::encode(&token);
    assert_eq!(kind(&digits), Kind::PayerCode);
    assert_eq!(kind(&format!("]Q1{digits}")), Kind::PayerCode);
    assert_eq!(kind(&digits[1..]), Kind::Text);
    assert_eq!(kind(&"0".repeat(237)), Kind::Text);
}

#[test]
fn labels_misreads_and_garbage_are_told_apart() {
    assert_eq!(kind("]C0SHELF 12/B"), Kind::Text);
    assert_eq!(kind("]C06901234567890"), Kind::Text, "the device says that it is Code 128");
    assert_eq!(kind("6901234567890"), Kind::Misread);
    assert_eq!(kind("牛奶"), Kind::Text);
    assert_eq!(kind("AB\u{7}C"), Kind::Binary);
    assert_eq!(parse(b"\xff\xfe", None).kind, Kind::Binary);
    assert_eq!(kind(""), Kind::Binary);
}

proptest! {
    #[test]
    fn any_bytes_have_an_answer_and_goods_have_a_right_check_digit(
        data in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            "[0-9\u{1d}()/]{0,40}".prop_map(String::into_bytes),
            "https?://[a-z.]{1,9}/0[12]/[0-9]{8,14}(/[0-9]{2}/[A-Z]{0,4}){0,3}".prop_map(String::into_bytes),
        ],
        identifier in prop::option::of("\\][A-Za-z][0-9]"),
    ) {
        let symbol = parse(&data, identifier.as_deref());
        for gtin in &symbol.gtins {
            prop_assert!(gtin::has_right_check_digit(gtin.as_str().as_bytes()));
        }
        prop_assert_eq!(matches!(symbol.kind, Kind::Goods | Kind::InStore), !symbol.gtins.is_empty());
        if symbol.kind == Kind::PayerCode {
            prop_assert!(chit_payer_code::is_well_formed(data.trim_ascii()));
        }
    }
}

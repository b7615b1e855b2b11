//! Codes that a payer may show.

use chit_payer_code::{DayNumber, PayerCode, digits};
use chit_proto::checkout::v1 as proto;
use ed25519_dalek::{Signer as _, SigningKey};

use super::reason;
use crate::house::{House, PAYER_CODE_KEY, signed};
use crate::sale::enrol;

async fn shown(house: &House, code: Vec<u8>) -> String {
    let start = proto::StartSaleRequest { request_id: house.new_id(), ..Default::default() };
    let sale = house.sales().start_sale(start).await.unwrap().into_inner().sale.unwrap();
    let present = proto::PresentPayerRequest {
        request_id: house.new_id(),
        sale_id: sale.sale_id,
        code,
        engine: "test".into(),
    };
    reason(house.sales().present_payer(present)).await
}

/// The same code with other bytes, signed by the issuer: as a till of next year might.
fn rewritten(code: &[u8], rewrite: impl FnOnce(&mut [u8; 98])) -> Vec<u8> {
    let mut token = digits::decode(code).unwrap();
    rewrite(&mut token);
    let said = [b"chit/payer-token/v1\0", &token[..34]].concat();
    token[34..].copy_from_slice(&SigningKey::from_bytes(&PAYER_CODE_KEY).sign(&said).to_bytes());
    digits::encode(&token).into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_this_till_cannot_take_says_which_kind_it_is() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let good = house.code_of(&payer);
    let today = good.from_day.0;
    let cases: [(PayerCode, &str); 5] = [
        (PayerCode { issuer: 2, ..good.clone() }, "UNKNOWN_ISSUER"),
        (PayerCode { from_day: DayNumber(today + 1), ..good.clone() }, "NOT_YET_VALID"),
        (
            PayerCode { from_day: DayNumber(today - 90), to_day: DayNumber(today - 1), ..good.clone() },
            "EXPIRED",
        ),
        (PayerCode { payer_id: chit_payer_code::PayerId([9; 8]), ..good.clone() }, "UNKNOWN_PAYER"),
        (PayerCode { serial: good.serial - 1, ..good.clone() }, "SERIAL_OLD"),
    ];
    for (code, expected) in cases {
        assert_eq!(shown(&house, signed(&code, PAYER_CODE_KEY)).await, expected);
    }
    assert_eq!(shown(&house, signed(&good, [77; 32])).await, "BAD_SIGNATURE");
    let code = house.payer_code(&payer);
    let newer = rewritten(&code, |token| token[0] = 0xF2);
    assert_eq!(shown(&house, newer).await, "UNKNOWN_VERSION");
    let currency = rewritten(&code, |token| token[20..22].copy_from_slice(&0xFFFF_u16.to_be_bytes()));
    assert_eq!(shown(&house, currency).await, "UNKNOWN_CURRENCY");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_of_somebody_else_s_says_whose_it_is() {
    let house = House::open(false).await;
    for (code, expected) in [
        (&b"hQVDUFYwMWFhYQ=="[..], "EMV_PAYER_CODE"),
        (b"00020101021129300012D156000000000510A93FO3230Q", "MERCHANT_CODE"),
        (b"281234567890123456", "WALLET_CODE"),
        (b"hello", "NOT_A_PAYER_CODE"),
    ] {
        assert_eq!(shown(&house, code.to_vec()).await, expected, "{}", String::from_utf8_lossy(code));
    }
}

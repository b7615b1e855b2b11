//! What a person or another program gets wrong is refused with a reason, the field and the remedy; nothing breaks.

use std::process::Command;

use chit_integration_tests::ask;
use chit_integration_tests::desk::{Desk, Refused, new_id};
use chit_integration_tests::house::{House, Place, program};
use chit_integration_tests::once::{self, Outcome, Progress, Script};
use chit_proto::checkout::v1::{BasketLine, SetBasketRequest};
use chit_proto::money::v1::Money;
use chit_proto::scanner::v1::GetStatusRequest;
use serde_json::json;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::open_shop::{Shop, open_house, options};

const LINES_MAX: usize = 200;

fn line(amount_minor: i64) -> BasketLine {
    BasketLine {
        description: "tea".to_owned(),
        quantity_milli: 1000,
        unit_price_minor: amount_minor,
        total_minor: amount_minor,
        ..BasketLine::default()
    }
}

/// The refusal of a basket: reason, field and remedy.
async fn refused(desk: &Desk, lines: Vec<BasketLine>, total_minor: i64) -> (String, String, String) {
    let sale_id = desk.start_sale().await.unwrap().sale_id;
    let total = Some(Money { amount_minor: total_minor, currency_code: "CNY".to_owned() });
    let request = SetBasketRequest { request_id: new_id(), sale_id, lines, total, ..Default::default() };
    let status = desk.sales.clone().set_basket(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    let violation = details.bad_request().expect("a BadRequest").field_violations[0].clone();
    assert!(status.message().contains(&violation.field), "{status:?}");
    (details.error_info().unwrap().reason.clone(), violation.field, violation.description)
}

#[tokio::test]
async fn a_basket_that_cannot_be_is_refused_by_field() {
    let (_house, desk) = open_house(&options()).await;
    let (reason, field, remedy) = refused(&desk, vec![line(-500)], -500).await;
    assert_eq!(reason, "AMOUNT_NEGATIVE");
    assert!(field.contains("minor") && !remedy.is_empty(), "{field}: {remedy}");

    let (reason, field, remedy) = refused(&desk, vec![line(500)], 501).await;
    assert_eq!(reason, "TOTAL_MISMATCH");
    assert!(field.contains("total") && remedy.contains("500"), "{field}: {remedy}");

    let (reason, field, remedy) = refused(&desk, vec![line(1); LINES_MAX + 1], 201).await;
    assert_eq!(reason, "BASKET_TOO_LARGE");
    assert!(field.contains("lines") && remedy.contains("200"), "{field}: {remedy}");
}

#[tokio::test]
async fn codes_that_are_no_payer_codes_say_what_they_are() {
    let (house, desk) = open_house(&options()).await;
    let shop = |code: &'static [u8]| {
        let desk = desk.clone();
        async move {
            let sale_id = desk.start_sale().await.unwrap().sale_id;
            desk.type_basket(&sale_id, 100).await.unwrap();
            let request = chit_proto::checkout::v1::PresentPayerRequest {
                request_id: new_id(),
                sale_id,
                code: code.to_vec(),
                engine: "test".to_owned(),
            };
            let refusal = ask!(desk.sales, present_payer, request).unwrap_err();
            Refused::reason_in(&refusal).unwrap().to_owned()
        }
    };
    assert_eq!(shop(b"hQVDUFYwMWFhYQ==").await, "EMV_PAYER_CODE");
    assert_eq!(shop(b"00020101021129300012D156000000000510A93FO3230Q").await, "MERCHANT_CODE");
    assert_eq!(shop(b"hello").await, "NOT_A_PAYER_CODE");
    drop(house);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strange_picture_before_the_camera_ends_in_a_refusal() {
    let dir = tempfile::tempdir().unwrap();
    let png = dir.path().join("strange.png");
    draw_qr("HELLO FROM SOMEWHERE ELSE", &png);
    let house = House::start(Place::temporary().unwrap(), &options()).unwrap();
    house.ready().await.unwrap();
    let script =
        Script { payer_qr: Some(png), artefacts: dir.path().join("out"), progress: Progress::silent() };
    match once::run(&house, &script).await.unwrap() {
        Outcome::Refused(refusal) => {
            assert_eq!((refusal.state, refusal.reason.as_str()), ("REFUSED", "NOT_A_PAYER_CODE"));
            assert!(!refusal.message.is_empty());
        }
        Outcome::Settled(_) => panic!("a strange code was accepted"),
    }
}

/// 8 pixels a module and the quiet zone that ISO/IEC 18004 asks for.
fn draw_qr(text: &str, png: &std::path::Path) {
    const SCALE: usize = 8;
    const QUIET: usize = 4;
    let code = qrcode::QrCode::new(text).unwrap();
    let size = code.width() + 2 * QUIET;
    let dark = |x: usize, y: usize| {
        let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < code.width());
        matches!((inside(x), inside(y)), (Some(x), Some(y)) if code[(x, y)] == qrcode::Color::Dark)
    };
    let pixels: Vec<u8> = (0..size * SCALE * size * SCALE)
        .map(|at| if dark(at % (size * SCALE) / SCALE, at / (size * SCALE) / SCALE) { 0 } else { 255 })
        .collect();
    let side = u32::try_from(size * SCALE).unwrap();
    let mut encoder = png::Encoder::new(std::fs::File::create(png).unwrap(), side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_on_the_serial_line_is_counted_and_the_next_scan_is_read() {
    let shop = Shop::open().await;
    let sale = shop.desk.start_sale().await.unwrap();
    let mut journal = shop.desk.journal(&sale.sale_id);
    let before = ask!(shop.desk.scanner, get_status, GetStatusRequest {}).unwrap().garbage_lines;
    let handheld = &shop.house.simulators.handheld;
    handheld.ask(json!({ "cmd": "scan", "garbage": 6000, "seed": 7 })).await.unwrap();
    handheld.ask(json!({ "cmd": "scan", "data": "", "suffix": "\r" })).await.unwrap();
    handheld.ask(json!({ "cmd": "scan", "data": "6901234567892" })).await.unwrap();
    journal.sale("the goods that were scanned after it", |sale| sale.lines.len() == 1).await.unwrap();
    let after = ask!(shop.desk.scanner, get_status, GetStatusRequest {}).unwrap().garbage_lines;
    assert!(after > before, "{before} → {after}");
}

#[test]
fn a_configuration_key_that_does_not_exist_is_named_with_a_suggestion() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("chit.toml");
    std::fs::write(&config, "[chit]\nsandbox = true\n\n[printer]\nadress = \"127.0.0.1:9100\"\n").unwrap();
    let output =
        Command::new(program("chit-printer").unwrap()).arg("--config").arg(&config).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(said.contains("unknown key `adress` in [printer], did you mean `address`?"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

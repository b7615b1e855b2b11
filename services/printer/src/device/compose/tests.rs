use super::*;
use crate::domain::layout::DOUBLE;
use crate::profile::{GENERIC_80, Table};
use std::path::Path;

const FONT: &str = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc";

fn model() -> Model {
    named(GENERIC_80)
}

fn named(name: &str) -> Model {
    Table::load(None).unwrap().named(name).unwrap().clone()
}

fn page(elements: Vec<Element>) -> Page {
    Page { columns: 48, elements }
}

fn text(text: &str, style: Style) -> Element {
    Element::Text { text: text.into(), align: Align::Left, style }
}

fn bytes(elements: Vec<Element>, process_id: Option<[u8; 4]>) -> Vec<u8> {
    bytes_for(&model(), elements, process_id)
}

fn bytes_for(model: &Model, elements: Vec<Element>, process_id: Option<[u8; 4]>) -> Vec<u8> {
    let target = Target {
        model,
        chinese_font: true,
        face: None,
        logo_key: None,
        recognised: true,
        status_fence: true,
    };
    compose(&page(elements), target, process_id).unwrap().bytes
}

#[test]
fn a_paper_ends_with_cut_process_id_and_fence() {
    let expected =
        b"\x1b@\x1dP\xcb\xcb\x1b3\x1e\x1c.ab\n\x1dV\x42\x00\x1d(H\x06\x0000\x41\x37\x30\x30\x1dr\x01\x1dr\x01";
    assert_eq!(bytes(vec![text("ab", PLAIN), Element::Cut], Some(*b"A700")), expected);
}

#[test]
fn chinese_stands_between_its_mode_switches() {
    assert_eq!(encode("￥5 茶"), b"\x1c&\xa3\xa4\x1c.5 \x1c&\xb2\xe8\x1c.");
}

#[test]
fn a_style_is_switched_on_and_off_again_and_blank_lines_are_one_feed() {
    let out = bytes(vec![text("T", DOUBLE), Element::Blank, Element::Blank, text("n", PLAIN)], None);
    let styled = b"\x1bE\x01\x1d!\x11T\n\x1bJ\x3c\x1bE\x00\x1d!\x00n\n\x1dr\x01\x1dr\x01";
    assert!(out.ends_with(styled), "{out:?}");
}

#[test]
fn a_printer_that_nothing_is_known_of_gets_a_drawn_symbol_and_never_its_text() {
    let native = named("xprinter-80");
    let qr = vec![Element::Qr { data: "CHIT".into() }];
    let target = Target {
        model: &native,
        chinese_font: true,
        face: None,
        logo_key: None,
        recognised: false,
        status_fence: true,
    };
    let unknown = compose(&page(qr.clone()), target, None).unwrap().bytes;
    for out in [unknown, bytes(qr, None)] {
        let has = |part: &[u8]| out.windows(part.len()).any(|window| window == part);
        assert!(has(b"\x1dv0") && !has(b"\x1d(k") && !has(b"CHIT"));
    }
}

#[test]
fn big_chinese_is_big_on_a_printer_that_obeys_fs_only() {
    let title = || vec![text("\u{8336}5", DOUBLE)];
    let has = |out: &[u8], part: &[u8]| out.windows(part.len()).any(|window| window == part);
    let clone = bytes(title(), None);
    let wanted = b"\x1d!\x11\x1c!\x0c\x1cW\x01\x1c&\xb2\xe8\x1c.5\n\x1c!\x00\x1cW\x00";
    assert!(has(&clone, wanted), "{clone:?}");
    let epson = bytes_for(&named("epson-tm-80"), title(), None);
    assert!(has(&epson, b"\x1d!\x11") && !has(&epson, b"\x1cW"));
    assert!(!has(&bytes(vec![text("T5", DOUBLE)], None), b"\x1cW"), "Latin needs GS ! only");
}

#[test]
fn a_qr_has_five_dots_a_module_and_level_m() {
    let out = bytes_for(&named("xprinter-80"), vec![Element::Qr { data: "CHIT".into() }], None);
    let has = |part: &[u8]| out.windows(part.len()).any(|window| window == part);
    assert!(has(b"\x1d(k\x04\x001A2\x00") && has(b"\x1d(k\x03\x001C\x05") && has(b"\x1d(k\x03\x001E1"));
    assert!(has(b"\x1d(k\x07\x001P0CHIT\x1d(k\x03\x001Q0"));
}

#[test]
fn without_a_chinese_font_only_the_lines_with_chinese_are_drawn() {
    let face = Face::load(Path::new(FONT)).unwrap();
    let model = model();
    let target = Target {
        model: &model,
        chinese_font: false,
        face: Some(&face),
        logo_key: None,
        recognised: true,
        status_fence: true,
    };
    let elements = vec![text("茶 tea", PLAIN), text("  2 x 3.50", PLAIN), Element::Cut];
    let composed = compose(&page(elements.clone()), target, None).unwrap();
    let has = |part: &[u8]| composed.bytes.windows(part.len()).any(|window| window == part);
    // 6 columns of 12 dots are 9 bytes a row.
    assert!(has(b"\x1dv0\x00\x09\x00") && has(b"  2 x 3.50\n") && !has(&CHINESE_OFF));
    assert_eq!(composed.dots, 2 * LINE_PITCH);
    let blind = Target { face: None, ..target };
    assert!(matches!(compose(&page(elements), blind, None), Err(ComposeError::NoFont)));
}

#[test]
fn a_mute_printer_is_asked_nothing() {
    let model = Model { answers: false, ..model() };
    let target = Target {
        model: &model,
        chinese_font: true,
        face: None,
        logo_key: None,
        recognised: true,
        status_fence: true,
    };
    let composed = compose(&page(vec![text("a", PLAIN), Element::Cut]), target, None).unwrap();
    assert!(composed.bytes.ends_with(b"a\n\x1dV\x42\x00"));
}

#[test]
fn a_logo_that_rests_in_the_printer_is_named_by_its_key_and_is_as_long() {
    let model = Model { real_time_switch: true, ..model() };
    let mut dots = Bitmap::blank(100, 40);
    (0..40).for_each(|y| dots.burn(y, y));
    let logo = Element::Logo(std::sync::Arc::new(dots));
    let drawn = Target {
        model: &model,
        chinese_font: true,
        face: None,
        logo_key: None,
        recognised: true,
        status_fence: true,
    };
    let named = Target { logo_key: Some(*b"42"), ..drawn };
    let composed = |target| compose(&page(vec![logo.clone(), Element::Cut]), target, None).unwrap();
    let (drawn, named) = (composed(drawn), composed(named));
    let has = |part: &[u8]| named.bytes.windows(part.len()).any(|window| window == part);
    assert!(has(b"\x1ba\x01\x1d(L\x06\x000E42\x01\x01") && !has(b"\x1dv0"));
    assert_eq!(named.dots, drawn.dots);
    assert!(named.bytes.starts_with(&[&b"\x1b@"[..], &REAL_TIME_OFF].concat()), "ESC @ would undo it");
}

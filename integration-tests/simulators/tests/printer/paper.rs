use std::io::Write as _;

use serde_json::json;

use crate::bench::{Bench, PATIENCE, QR_CONTENT, receipt};

#[test]
fn a_chinese_receipt_with_a_qr_comes_out_as_text_picture_and_its_own_bytes() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    bench.connect().write_all(&receipt()).unwrap();

    let paper = bench.paper(&mut watch);
    assert_eq!(paper.raw, receipt());
    for line in ["好运便利店", "茉莉花茶 500毫升", "应付合计        ￥73.18", "本小票不是发票"]
    {
        assert!(paper.text.lines().any(|printed| printed == line), "{line} in {}", paper.text);
    }
    assert_eq!(paper.qr(), [QR_CONTENT]);
    assert_eq!(paper.luma().0, 640);
}

#[test]
fn a_picture_is_printed_dot_by_dot_in_all_three_forms() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    // Two bytes wide: a lone dot at the left of row 0 and one at the right of row 1.
    let dots = [0x80, 0x00, 0x00, 0x01];
    let mut job = b"\x1dv0\x00\x02\x00\x02\x00".to_vec();
    job.extend(dots);
    job.extend(b"\x1d(L\x0e\x000p0\x01\x011\x10\x00\x02\x00");
    job.extend(dots);
    job.extend(b"\x1d(L\x02\x0002");
    // Column format, 24 dots: the top dot of column 0.
    job.extend(b"\x1b*\x21\x01\x00\x80\x00\x00\n\x1dV\x00");
    bench.connect().write_all(&job).unwrap();

    let paper = bench.paper(&mut watch);
    let (width, _, luma) = paper.luma();
    let burnt: Vec<(usize, usize)> = luma
        .iter()
        .enumerate()
        .filter(|(_, dot)| **dot < 128)
        .map(|(at, _)| (at % width - 32, at / width - 48))
        .collect();
    assert_eq!(burnt, [(0, 0), (15, 1), (0, 2), (15, 3), (0, 4)]);
    assert_eq!(paper.raw, job);
}

#[test]
fn every_cut_ends_a_paper_and_tearing_ends_one_without_a_cut() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    let mut stream = bench.connect();
    stream.write_all(b"one\n\x1dV\x00two\n\x1dV\x31three\n").unwrap();
    for kind in ["full", "partial"] {
        assert_eq!(watch.wait("cut", PATIENCE).unwrap()["kind"], kind);
        bench.paper(&mut watch);
    }
    watch.wait_where(PATIENCE, |event| event["text"] == "three").unwrap();
    let torn = bench.request(json!({ "cmd": "tear" }));
    assert_eq!(torn["paper"]["n"], 3);
    let papers = bench.request(json!({ "cmd": "papers" }));
    assert_eq!(papers["papers"].as_array().unwrap().len(), 3);
}

#[test]
fn an_unknown_command_is_told_and_costs_one_byte() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    bench.connect().write_all(b"\x1b\x02abc\n\x1dV\x00").unwrap();
    assert_eq!(watch.wait("unknown", PATIENCE).unwrap()["hex"], "1B02");
    assert_eq!(bench.paper(&mut watch).text, "abc\n");
}

#[test]
fn a_line_longer_than_the_paper_goes_on_below() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    bench.connect().write_all(&[&[b'x'; 50][..], b"\n\x1dV\x00"].concat()).unwrap();
    assert_eq!(bench.paper(&mut watch).text, format!("{}\nxx\n", "x".repeat(48)));
}

#[test]
fn drawer_pulses_are_told_with_their_times() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    bench.connect().write_all(b"\x1bp\x00\x19\xfaHello\n\x1dV\x00").unwrap();
    let pulse = watch.wait("drawer", PATIENCE).unwrap();
    assert_eq!((&pulse["pin"], &pulse["on_ms"], &pulse["off_ms"]), (&json!(0), &json!(50), &json!(500)));
    assert_eq!(bench.paper(&mut watch).text, "Hello\n");
}

#[test]
fn a_picture_in_flash_is_listed_printed_by_its_key_and_part_of_no_paper() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    let mut stream = bench.connect();
    // Two bytes wide, two rows: a lone dot at the left of row 0 and one at the right of row 1.
    stream.write_all(b"\x1d(L\x0f\x000C042\x01\x10\x00\x02\x001\x80\x00\x00\x01").unwrap();
    let stored = watch.wait("flash", PATIENCE).unwrap();
    assert_eq!(
        (&stored["key"], &stored["kept"], &stored["writes"]),
        (&json!("3432"), &json!(true), &json!(1))
    );
    let job = b"\x1d(L\x06\x000E42\x01\x02\x1dV\x00";
    stream.write_all(job).unwrap();
    let paper = bench.paper(&mut watch);
    let (width, _, luma) = paper.luma();
    let burnt: Vec<(usize, usize)> = luma
        .iter()
        .enumerate()
        .filter(|(_, dot)| **dot < 128)
        .map(|(at, _)| (at % width - 32, at / width - 48))
        .collect();
    assert_eq!(burnt, [(0, 0), (0, 1), (15, 2), (15, 3)]);
    assert_eq!(paper.raw, job);
    stream.write_all(b"\x1d(L\x04\x000@KC").unwrap();
    let mut list = [0; 6];
    std::io::Read::read_exact(&mut stream, &mut list).unwrap();
    assert_eq!(list, [0x37, 0x72, 0x40, b'4', b'2', 0]);
    stream.write_all(b"\x06\x1b(A\x04\x0001\x03\x0a").unwrap();
    assert_eq!(watch.wait("beep", PATIENCE).unwrap()["times"], 3);
}

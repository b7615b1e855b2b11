use std::fs::File;

use chit_simulators::camera::counter;
use serde_json::json;

use crate::bench::{Bench, Frame, HEIGHT, PATIENCE, WIDTH};

fn qr(frame: &Frame) -> Vec<String> {
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(WIDTH, HEIGHT, |x, y| frame.i420[y * WIDTH + x]);
    image.detect_grids().iter().filter_map(|grid| Some(grid.decode().ok()?.1)).collect()
}

/// A QR without a quiet zone, `dots` a module.
fn write_qr(path: &std::path::Path, content: &str, dots: usize) {
    let code = qrcode::QrCode::new(content).unwrap();
    let side = code.width() * dots;
    let colors = code.to_colors();
    let luma: Vec<u8> = (0..side * side)
        .map(|at| match colors[at / side / dots * code.width() + at % side / dots] {
            qrcode::Color::Dark => 0,
            qrcode::Color::Light => 255,
        })
        .collect();
    let mut encoder = png::Encoder::new(File::create(path).unwrap(), side as u32, side as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&luma).unwrap();
}

#[test]
fn a_worker_says_hello_and_sends_numbered_frames_at_its_pace() {
    let bench = Bench::new();
    let mut worker = bench.worker();
    assert_eq!(worker.hello(), (640, 480, 15, "sim-camera".to_owned()));
    let frames: Vec<Frame> = (0..6).map(|_| worker.frame()).collect();
    for (at, frame) in frames.iter().enumerate() {
        assert_eq!(frame.seq as usize, at);
        assert_eq!(counter::read(&frame.i420[..WIDTH * HEIGHT], WIDTH), Some(frame.seq));
    }
    let took_ms = (frames[5].captured_ns - frames[0].captured_ns) / 1_000_000;
    assert!(took_ms >= 250, "five frames in {took_ms} ms");
}

#[test]
fn a_held_phone_shows_its_qr_to_a_worker_that_already_runs() {
    let bench = Bench::new();
    let mut worker = bench.worker();
    worker.hello();
    assert!(qr(&worker.frame()).is_empty());
    for (content, dots) in [("hQV:payer-code", 4), (&*"0123456789abcdef".repeat(8), 7)] {
        let png = bench.folder.path().join(format!("held-{dots}.png"));
        write_qr(&png, content, dots);
        bench.request(json!({ "cmd": "hold", "png": png }));
        let seen = (0..60).map(|_| qr(&worker.frame())).find(|seen| seen == &[content]);
        assert!(seen.is_some(), "{content}");
    }
    bench.request(json!({ "cmd": "hold", "png": null }));
    assert!((0..60).any(|_| qr(&worker.frame()).is_empty()));
}

#[test]
fn tests_can_wait_for_a_frame_of_a_worker() {
    let bench = Bench::new();
    let mut watch = bench.simulator.watch(0).unwrap();
    let mut worker = bench.worker();
    worker.hello();
    worker.frame();
    assert_eq!(watch.wait("started", PATIENCE).unwrap()["width"], 640);
    worker.frame();
    watch.wait_where(PATIENCE, |event| event["event"] == "frame" && event["frame"] == 1).unwrap();
}

#[test]
fn a_worker_ends_with_0_when_its_stdin_closes() {
    let bench = Bench::new();
    let mut worker = bench.worker();
    worker.hello();
    worker.frame();
    worker.close_stdin();
    assert_eq!(worker.run_out().1, Some(0));
}

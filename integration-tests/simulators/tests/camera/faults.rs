use serde_json::json;

use crate::bench::{Bench, PATIENCE};

#[test]
fn an_absent_or_busy_camera_ends_its_worker_at_once_until_it_is_back() {
    let bench = Bench::new();
    for (name, code) in [("absent", 3), ("busy", 4)] {
        bench.fault(name, true);
        assert_eq!(bench.worker().run_out(), (0, Some(code)));
        bench.fault(name, false);
        let mut worker = bench.worker();
        worker.hello();
        worker.frame();
    }
}

#[test]
fn a_camera_is_lost_after_its_frames_once() {
    let bench = Bench::new();
    bench.fault("lose_after_frames", 3);
    let mut worker = bench.worker();
    worker.hello();
    assert_eq!(worker.run_out(), (3, Some(5)));
    let mut worker = bench.worker();
    worker.hello();
    for _ in 0..5 {
        worker.frame();
    }
    assert_eq!(bench.request(json!({ "cmd": "status" }))["scene"]["lose_after_frames"], json!(null));
}

#[test]
fn pulling_the_plug_ends_a_running_worker() {
    let bench = Bench::new();
    let mut worker = bench.worker();
    worker.hello();
    worker.frame();
    bench.fault("absent", true);
    assert_eq!(worker.run_out().1, Some(5));
}

#[test]
fn a_stalled_camera_sends_nothing_and_goes_on_later() {
    let bench = Bench::new();
    bench.fault("stall", true);
    let mut watch = bench.simulator.watch(0).unwrap();
    let mut worker = bench.worker();
    worker.hello();
    watch.wait("started", PATIENCE).unwrap();
    bench.fault("stall", false);
    assert_eq!(worker.frame().seq, 0);
}

#[test]
fn dropped_frames_leave_gaps_in_the_numbers() {
    let bench = Bench::new();
    bench.fault("drop_percent", 50);
    let mut worker = bench.worker();
    worker.hello();
    let numbers: Vec<u32> = (0..8).map(|_| worker.frame().seq).collect();
    assert!(numbers.windows(2).any(|pair| pair[1] > pair[0] + 1), "{numbers:?}");
}

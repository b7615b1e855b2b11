use std::io::Write as _;

use crate::bench::{Bench, PATIENCE, is_silent, read_exactly, receipt};

const PROCESS_ID: &[u8] = b"\x1d(H\x06\x0000A1b2";
const PROCESS_ID_ANSWER: &[u8] = b"\x37\x22A1b2\x00";

#[test]
fn a_process_id_is_answered_after_the_paper_is_out() {
    let bench = Bench::new();
    let mut stream = bench.connect();
    stream.write_all(&receipt()).unwrap();
    stream.write_all(PROCESS_ID).unwrap();
    assert_eq!(read_exactly(&mut stream, 7), PROCESS_ID_ANSWER);
    let papers = bench.request(serde_json::json!({ "cmd": "papers" }));
    assert_eq!(papers["papers"].as_array().unwrap().len(), 1);
}

#[test]
fn a_clone_without_process_ids_answers_the_paper_fence_only() {
    let bench = Bench::new();
    bench.fault("process_id_supported", false);
    let mut stream = bench.connect();
    stream.write_all(PROCESS_ID).unwrap();
    stream.write_all(b"\x1dr\x01").unwrap();
    assert_eq!(read_exactly(&mut stream, 1), [0x00]);
}

#[test]
fn fences_are_withheld_while_paper_is_out_and_come_after_the_refill() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    let mut stream = bench.connect();
    bench.fault("paper_out", true);
    stream.write_all(&receipt()).unwrap();
    stream.write_all(PROCESS_ID).unwrap();
    stream.write_all(b"\x1dr\x01").unwrap();
    watch.wait("paper_out_hit", PATIENCE).unwrap();
    assert!(is_silent(&mut stream));

    bench.fault("paper_out", false);
    assert_eq!(read_exactly(&mut stream, 8), [PROCESS_ID_ANSWER, b"\x00"].concat());
    assert_eq!(bench.paper(&mut watch).raw, receipt());
}

#[test]
fn what_was_held_is_printed_once_although_its_client_has_left() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    bench.fault("paper_out", true);
    // More than the receive buffer: the rest waits in TCP.
    let long = [b"line\n".repeat(2000), b"\x1dV\x00".to_vec()].concat();
    let mut stream = bench.connect();
    stream.write_all(&long).unwrap();
    drop(stream);
    watch.wait("paper_out_hit", PATIENCE).unwrap();

    bench.fault("paper_out", false);
    assert_eq!(bench.paper(&mut watch).raw, long);
    bench.watch().wait("disconnected", PATIENCE).unwrap();
    let papers = bench.request(serde_json::json!({ "cmd": "papers" }));
    assert_eq!(papers["papers"].as_array().unwrap().len(), 1);
}

#[test]
fn real_time_status_is_answered_while_the_printer_is_held() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    let mut stream = bench.connect();
    let status = |stream: &mut std::net::TcpStream| {
        stream.write_all(b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04").unwrap();
        read_exactly(stream, 4)
    };
    assert_eq!(status(&mut stream), [0x16, 0x12, 0x12, 0x12]);
    bench.fault("paper_out", true);
    stream.write_all(b"held\n").unwrap();
    watch.wait("paper_out_hit", PATIENCE).unwrap();
    assert_eq!(status(&mut stream), [0x1e, 0x32, 0x12, 0x7e]);
    bench.fault("cover_open", true);
    assert_eq!(status(&mut stream), [0x1e, 0x36, 0x12, 0x7e]);
}

#[test]
fn automatic_status_comes_when_enabled_and_at_each_change() {
    let bench = Bench::new();
    let mut stream = bench.connect();
    stream.write_all(b"\x1da\x0e").unwrap();
    assert_eq!(read_exactly(&mut stream, 4), [0x14, 0, 0, 0]);
    bench.fault("paper_near_end", true);
    assert_eq!(read_exactly(&mut stream, 4), [0x14, 0, 0x03, 0]);
    bench.fault("paper_out", true);
    assert_eq!(read_exactly(&mut stream, 4), [0x1c, 0, 0x0f, 0]);
    bench.fault("cover_open", true);
    assert_eq!(read_exactly(&mut stream, 4), [0x3c, 0, 0x0f, 0]);
    for name in ["cover_open", "paper_out", "paper_near_end"] {
        bench.fault(name, false);
        read_exactly(&mut stream, 4);
    }
    assert!(is_silent(&mut stream));
}

#[test]
fn clearing_the_buffers_drops_the_held_job_and_its_fence() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    let mut stream = bench.connect();
    bench.fault("paper_out", true);
    stream.write_all(b"lost\n\x1dV\x00").unwrap();
    stream.write_all(PROCESS_ID).unwrap();
    watch.wait("paper_out_hit", PATIENCE).unwrap();
    stream.write_all(b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08").unwrap();
    assert_eq!(read_exactly(&mut stream, 3), [0x37, 0x25, 0x00]);

    bench.fault("paper_out", false);
    stream.write_all(b"kept\n\x1dV\x00\x1dr\x01").unwrap();
    assert_eq!(read_exactly(&mut stream, 1), [0x00]);
    assert_eq!(bench.paper(&mut watch).text, "kept\n");
}

#[test]
fn the_printer_tells_who_it_is() {
    let bench = Bench::new();
    let mut stream = bench.connect();
    stream.write_all(b"\x1dI\x42\x1dI\x43").unwrap();
    assert_eq!(read_exactly(&mut stream, 14), b"_CHIT\0_SIM-80\0");
}

#[test]
fn dots_cannot_open_the_drawer_after_the_real_time_pulse_was_switched_off_until_the_next_reset() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    let mut stream = bench.connect();
    let mut obeyed = |bytes: &[u8]| {
        // The fence says that all before it was obeyed.
        stream.write_all(&[bytes, b"\x1dr\x01"].concat()).unwrap();
        read_exactly(&mut stream, 1);
    };
    obeyed(b"\x1b@\x1d(D\x05\x00\x14\x01\x00\x02\x00");
    obeyed(b"\x10\x14\x01\x00\x02");
    obeyed(b"\x1b@");
    obeyed(b"\x10\x14\x01\x01\x02");
    assert_eq!(watch.wait("drawer", PATIENCE).unwrap()["pin"], 1, "pin 0 was pulsed");
}

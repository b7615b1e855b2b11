use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;

use crate::bench::{Bench, PATIENCE, read_exactly};

#[test]
fn a_second_client_waits_until_the_first_has_left() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    let first = bench.connect();
    watch.wait("connected", PATIENCE).unwrap();
    let mut second = bench.connect();
    second.write_all(b"\x10\x04\x01").unwrap();
    drop(first);
    assert_eq!(read_exactly(&mut second, 1), [0x16]);
    watch.wait("disconnected", PATIENCE).unwrap();
    watch.wait("connected", PATIENCE).unwrap();
}

#[test]
fn consumption_stops_after_a_number_of_bytes_and_continues_on_command() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    bench.fault("stop_after_bytes", 4);
    let mut stream = bench.connect();
    stream.write_all(b"ab\ncd\n\x1dV\x00\x1dr\x01").unwrap();
    let stopped = watch.wait("stopped", PATIENCE).unwrap();
    assert_eq!(stopped["bytes"], 4);
    bench.request(json!({ "cmd": "continue" }));
    assert_eq!(read_exactly(&mut stream, 1), [0x00]);
    assert_eq!(bench.paper(&mut watch).text, "ab\ncd\n");
}

#[test]
fn the_link_is_cut_once_and_what_came_before_is_printed() {
    let bench = Bench::new();
    let mut watch = bench.watch();
    bench.fault("cut_link_after_bytes", 3);
    let mut stream = bench.connect();
    stream.write_all(b"ab\ncd\n").unwrap();
    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    watch.wait("link_cut", PATIENCE).unwrap();
    bench.connect().write_all(b"ef\n\x1dV\x00").unwrap();
    assert_eq!(bench.paper(&mut watch).text, "ab\nef\n");
}

#[test]
fn a_refusing_port_refuses_and_comes_back_at_the_same_address() {
    let bench = Bench::new();
    let address = bench.address();
    bench.fault("refuse_connections", true);
    let refused = TcpStream::connect(&address).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    bench.fault("refuse_connections", false);
    let mut stream = bench.connect();
    stream.write_all(b"\x10\x04\x01").unwrap();
    assert_eq!(read_exactly(&mut stream, 1), [0x16]);
}

#[test]
fn a_printer_that_never_reads_answers_nothing_until_it_reads_again() {
    let bench = Bench::new();
    bench.fault("never_reads", true);
    let mut stream = bench.connect();
    stream.write_all(b"\x10\x04\x01").unwrap();
    assert_eq!(bench.request(json!({ "cmd": "status" }))["buffered_bytes"], 0);
    bench.fault("never_reads", false);
    assert_eq!(read_exactly(&mut stream, 1), [0x16]);
}

#[test]
fn paper_moves_at_the_pace_that_is_set() {
    let bench = Bench::new();
    // Ten lines of 30 dots are 37.5 mm; the fence is behind the last of them.
    bench.fault("pace_mm_s", 150);
    let mut stream = bench.connect();
    let began = std::time::Instant::now();
    stream.write_all(&[&b"line\n".repeat(10)[..], b"\x1dr\x01"].concat()).unwrap();
    read_exactly(&mut stream, 1);
    assert!(began.elapsed().as_millis() >= 250);
}

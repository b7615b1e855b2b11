//! A printer on the bench, and a receipt to feed it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use chit_simulators::client::{Simulator, Watch};
use serde_json::{Value, json};

pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Bench {
    pub simulator: Simulator,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let binary = Path::new(env!("CARGO_BIN_EXE_sim-printer"));
        let args = ["--out", out.to_str().unwrap()];
        let simulator = Simulator::start(binary, &args, &folder.path().join("control.sock")).unwrap();
        Self { simulator, _folder: folder }
    }

    pub fn address(&self) -> String {
        self.request(json!({ "cmd": "addr" }))["addr"].as_str().unwrap().to_owned()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    pub fn request(&self, request: Value) -> Value {
        let answer = self.simulator.request(&request).unwrap();
        assert_eq!(answer["error"], Value::Null, "{request}");
        answer
    }

    pub fn fault(&self, name: &str, value: impl Into<Value>) {
        self.request(json!({ "cmd": "fault", "name": name, "value": value.into() }));
    }

    pub fn watch(&self) -> Watch {
        self.simulator.watch(0).unwrap()
    }

    /// Waits for the next paper of the stream: its raw bytes, its text, its picture.
    pub fn paper(&self, watch: &mut Watch) -> Paper {
        let event = watch.wait("paper", PATIENCE).unwrap();
        let path = |kind: &str| event[kind].as_str().unwrap().to_owned();
        Paper {
            raw: fs::read(path("escpos")).unwrap(),
            text: fs::read_to_string(path("txt")).unwrap(),
            png: fs::read(path("png")).unwrap(),
        }
    }
}

pub struct Paper {
    pub raw: Vec<u8>,
    pub text: String,
    pub png: Vec<u8>,
}

impl Paper {
    /// Width, height and luma of the picture.
    pub fn luma(&self) -> (usize, usize, Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(&self.png)).read_info().unwrap();
        let mut luma = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut luma).unwrap();
        (info.width as usize, info.height as usize, luma)
    }

    pub fn qr(&self) -> Vec<String> {
        let (width, height, luma) = self.luma();
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| luma[y * width + x]);
        image.detect_grids().iter().map(|grid| grid.decode().unwrap().1).collect()
    }
}

pub fn read_exactly(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// Whether no byte has come by the time the printer has answered a status request.
pub fn is_silent(stream: &mut TcpStream) -> bool {
    stream.write_all(&[0x10, 0x04, 1]).unwrap();
    read_exactly(stream, 1)[0] & 0b1001_0011 == 0b0001_0010
}

pub const QR_CONTENT: &str = "CHIT:01J9ZK3V7M2Q4X8R5T6W";

/// A receipt as a shop prints it, byte for byte (GBK by hand; no encoder is shared with anything).
pub fn receipt() -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(b"\x1b@\x1bt\x00\x1c&");
    // 好运便利店 in double size, centred.
    bytes.extend(b"\x1ba\x01\x1d!\x11\xba\xc3\xd4\xcb\xb1\xe3\xc0\xfb\xb5\xea\n\x1d!\x00");
    bytes.extend(b"Good Luck Convenience\n\x1ba\x00");
    // 单号 …
    bytes.extend(b"\xb5\xa5\xba\xc5 20261124-000183            2026-11-24 11:42\n");
    bytes.extend(b"------------------------------------------------\n");
    // 茉莉花茶 500毫升
    bytes.extend(b"\xdc\xd4\xc0\xf2\xbb\xa8\xb2\xe8 500\xba\xc1\xc9\xfd\n");
    bytes.extend(b"   2 x 3.50                                 7.00\n");
    // 酱油 1升 / 大米 10公斤
    bytes.extend(b"\xbd\xb4\xd3\xcd 1\xc9\xfd\n   1 x 12.68                               12.68\n");
    bytes.extend(b"\xb4\xf3\xc3\xd7 10\xb9\xab\xbd\xef\n   1 x 53.50                               53.50\n");
    bytes.extend(b"------------------------------------------------\n");
    // 应付合计 ￥73.18, double size and bold.
    bytes.extend(
        b"\x1bE\x01\x1d!\x11\xd3\xa6\xb8\xb6\xba\xcf\xbc\xc6        \xa3\xa473.18\n\x1d!\x00\x1bE\x00",
    );
    // 状态 待短信确认扣款（尚未扣款） in white on black.
    bytes.extend(
        b"\xd7\xb4\xcc\xac  \x1dB\x01\xb4\xfd\xb6\xcc\xd0\xc5\xc8\xb7\xc8\xcf\xbf\xdb\xbf\xee\x1dB\x00",
    );
    bytes.extend(b"\xa3\xa8\xc9\xd0\xce\xb4\xbf\xdb\xbf\xee\xa3\xa9\n");
    bytes.extend(b"\x1b-\x01Ask for this line\x1b-\x00\tTAB\n\n");
    bytes.extend(b"\x1ba\x01");
    bytes.extend(b"\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x06\x1d(k\x03\x001E1");
    let stored = QR_CONTENT.len() + 3;
    bytes.extend([0x1d, b'(', b'k', stored as u8, 0, b'1', b'P', b'0']);
    bytes.extend(QR_CONTENT.as_bytes());
    bytes.extend(b"\x1d(k\x03\x001Q0\n");
    bytes.extend(b"\x1dh\x50\x1dw\x02\x1dH\x02\x1dkI\x0c{B7Q4F-9KD2X");
    // 本小票不是发票
    bytes.extend(b"\x1bM\x01Kept until 2027-02-24\x1bM\x00\n");
    bytes.extend(b"\xb1\xbe\xd0\xa1\xc6\xb1\xb2\xbb\xca\xc7\xb7\xa2\xc6\xb1\n\x1ba\x00");
    bytes.extend(b"\x1dVB\x18");
    bytes
}

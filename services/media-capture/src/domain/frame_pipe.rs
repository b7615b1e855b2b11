//! The frame pipe between a camera worker and the service: a hello, then one record a frame, little-endian.
//! The worker may be ours (`cam-worker`) or a simulator, so the parser trusts nothing it reads.

use thiserror::Error;

pub const HELLO_MAGIC: &[u8; 8] = b"CHITCAM1";
pub const FRAME_MAGIC: &[u8; 4] = b"FRAM";
/// The only pixel layout so far: a full Y plane, then U and V at half size in both directions.
pub const FORMAT_I420: u8 = 1;
/// Full HD is the largest picture a sale needs; it bounds what one frame may make us allocate.
pub const WIDTH_MAX: u16 = 1920;
pub const HEIGHT_MAX: u16 = 1088;
pub const FPS_MAX: u16 = 120;

const HELLO_FIXED: usize = 8 + 2 * 4 + 1 + 1;
const FRAME_HEADER: usize = 4 + 4 + 8 + 4;

/// Exit codes of a worker; the numbers are part of the pipe's contract.
pub mod exit_code {
    pub const ASKED: u8 = 0;
    pub const ABSENT: u8 = 3;
    pub const BUSY: u8 = 4;
    pub const LOST: u8 = 5;
    pub const FORMAT: u8 = 6;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    pub width: u16,
    pub height: u16,
    pub fps_num: u16,
    pub fps_den: u16,
    pub device_id: String,
}

impl Hello {
    pub fn frame_len(&self) -> usize {
        usize::from(self.width) * usize::from(self.height) * 3 / 2
    }

    pub fn fps(&self) -> f32 {
        f32::from(self.fps_num) / f32::from(self.fps_den)
    }

    pub fn encode(&self) -> Vec<u8> {
        let id = &self.device_id.as_bytes()[..self.device_id.len().min(255)];
        let mut out = Vec::with_capacity(HELLO_FIXED + id.len());
        out.extend_from_slice(HELLO_MAGIC);
        for number in [self.width, self.height, self.fps_num, self.fps_den] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.push(FORMAT_I420);
        out.push(id.len() as u8);
        out.extend_from_slice(id);
        out
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct RawFrame {
    pub width: u16,
    pub height: u16,
    /// Counts every frame the camera produced, also those nobody received: a jump means dropped frames.
    pub seq: u32,
    /// CLOCK_MONOTONIC of the capture, nanoseconds.
    pub monotonic_ns: u64,
    pub i420: Vec<u8>,
}

impl RawFrame {
    pub fn luma(&self) -> &[u8] {
        &self.i420[..usize::from(self.width) * usize::from(self.height)]
    }
}

impl std::fmt::Debug for RawFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawFrame({}x{}, seq {}, {} ns)", self.width, self.height, self.seq, self.monotonic_ns)
    }
}

pub fn encode_frame_header(seq: u32, monotonic_ns: u64, len: usize) -> [u8; FRAME_HEADER] {
    let mut out = [0; FRAME_HEADER];
    out[..4].copy_from_slice(FRAME_MAGIC);
    out[4..8].copy_from_slice(&seq.to_le_bytes());
    out[8..16].copy_from_slice(&monotonic_ns.to_le_bytes());
    out[16..].copy_from_slice(&(len as u32).to_le_bytes());
    out
}

#[derive(Debug, Error, PartialEq, Eq)]
pub enum PipeError {
    #[error("the camera worker does not speak the frame pipe (no {:?})", "CHITCAM1")]
    NotAWorker,
    #[error(
        "the camera worker announced {width}x{height} at {fps_num}/{fps_den}; use an even size up to 1920x1088"
    )]
    Geometry { width: u16, height: u16, fps_num: u16, fps_den: u16 },
    #[error("the camera worker sends pixel format {0}; only 1 (I420) is understood")]
    Format(u8),
    #[error("the camera worker's device id is empty or not UTF-8")]
    DeviceId,
    #[error("the camera worker lost its place: no frame header where one is due")]
    LostSync,
    #[error("the camera worker sent a frame of {got} bytes, {want} were announced")]
    FrameLength { got: usize, want: usize },
}

#[derive(Debug, PartialEq, Eq)]
pub enum PipeEvent {
    Hello(Hello),
    Frame(RawFrame),
}

/// What the parser waits for.
#[derive(Default)]
enum Due {
    #[default]
    Hello,
    DeviceId,
    Header,
    Frame {
        seq: u32,
        monotonic_ns: u64,
    },
}

/// Read into its `room`, tell it how much came. A frame's bytes are read where they stay: no copy is made of them.
pub struct PipeParser {
    due: Due,
    room: Vec<u8>,
    filled: usize,
    hello: Hello,
}

impl Default for PipeParser {
    fn default() -> Self {
        let hello = Hello { width: 0, height: 0, fps_num: 0, fps_den: 1, device_id: String::new() };
        Self { due: Due::Hello, room: vec![0; HELLO_FIXED], filled: 0, hello }
    }
}

impl PipeParser {
    /// Where the next read goes; never empty.
    pub fn room(&mut self) -> &mut [u8] {
        &mut self.room[self.filled..]
    }

    /// `read` bytes of the room were filled.
    pub fn advance(&mut self, read: usize) -> Result<Option<PipeEvent>, PipeError> {
        self.filled += read;
        self.check_magic()?;
        if self.filled < self.room.len() {
            return Ok(None);
        }
        match std::mem::take(&mut self.due) {
            Due::Hello => self.hello().map(|()| None),
            Due::DeviceId => {
                let id = self.next(Due::Header, FRAME_HEADER);
                self.hello.device_id = String::from_utf8(id).map_err(|_| PipeError::DeviceId)?;
                Ok(Some(PipeEvent::Hello(self.hello.clone())))
            }
            Due::Header => self.header().map(|()| None),
            Due::Frame { seq, monotonic_ns } => {
                let i420 = self.next(Due::Header, FRAME_HEADER);
                let Hello { width, height, .. } = self.hello;
                Ok(Some(PipeEvent::Frame(RawFrame { width, height, seq, monotonic_ns, i420 })))
            }
        }
    }

    /// Garbage is known by its first bytes, however few they are.
    fn check_magic(&self) -> Result<(), PipeError> {
        let (magic, error): (&[u8], _) = match self.due {
            Due::Hello => (HELLO_MAGIC, PipeError::NotAWorker),
            Due::Header => (FRAME_MAGIC, PipeError::LostSync),
            Due::DeviceId | Due::Frame { .. } => return Ok(()),
        };
        let seen = self.filled.min(magic.len());
        if self.room[..seen] == magic[..seen] { Ok(()) } else { Err(error) }
    }

    /// Hands out what was filled and makes room for what is due now.
    fn next(&mut self, due: Due, len: usize) -> Vec<u8> {
        self.due = due;
        self.filled = 0;
        std::mem::replace(&mut self.room, vec![0; len])
    }

    fn hello(&mut self) -> Result<(), PipeError> {
        let number = |at: usize| u16::from_le_bytes([self.room[at], self.room[at + 1]]);
        let (width, height, fps_num, fps_den) = (number(8), number(10), number(12), number(14));
        let odd = !width.is_multiple_of(2) || !height.is_multiple_of(2);
        let size_bad = odd || width == 0 || height == 0 || width > WIDTH_MAX || height > HEIGHT_MAX;
        if size_bad || fps_num == 0 || fps_den == 0 || fps_num / fps_den > FPS_MAX {
            return Err(PipeError::Geometry { width, height, fps_num, fps_den });
        }
        if self.room[16] != FORMAT_I420 {
            return Err(PipeError::Format(self.room[16]));
        }
        let id_len = usize::from(self.room[17]);
        if id_len == 0 {
            return Err(PipeError::DeviceId);
        }
        self.hello = Hello { width, height, fps_num, fps_den, device_id: String::new() };
        self.next(Due::DeviceId, id_len);
        Ok(())
    }

    fn header(&mut self) -> Result<(), PipeError> {
        let word = |at: usize| {
            u32::from_le_bytes([self.room[at], self.room[at + 1], self.room[at + 2], self.room[at + 3]])
        };
        let (seq, got) = (word(4), word(16) as usize);
        let monotonic_ns = u64::from(word(8)) | u64::from(word(12)) << 32;
        let want = self.hello.frame_len();
        if got != want {
            return Err(PipeError::FrameLength { got, want });
        }
        self.next(Due::Frame { seq, monotonic_ns }, want);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Hello {
        Hello { width: 4, height: 2, fps_num: 15, fps_den: 1, device_id: "usb-1".into() }
    }

    fn stream(frames: u32) -> Vec<u8> {
        let mut bytes = hello().encode();
        for seq in 0..frames {
            bytes.extend_from_slice(&encode_frame_header(seq, u64::from(seq) << 33, 12));
            bytes.extend_from_slice(&[seq as u8; 12]);
        }
        bytes
    }

    fn events(chunks: impl Iterator<Item = Vec<u8>>) -> Result<Vec<PipeEvent>, PipeError> {
        let mut parser = PipeParser::default();
        let mut out = Vec::new();
        for chunk in chunks {
            let mut rest = &chunk[..];
            while !rest.is_empty() {
                let room = parser.room();
                let read = room.len().min(rest.len());
                room[..read].copy_from_slice(&rest[..read]);
                rest = &rest[read..];
                out.extend(parser.advance(read)?);
            }
        }
        Ok(out)
    }

    #[test]
    fn reads_split_anywhere_give_the_same_frames() {
        let bytes = stream(3);
        let whole = events(std::iter::once(bytes.clone())).unwrap();
        assert_eq!(whole.len(), 4);
        assert_eq!(whole[0], PipeEvent::Hello(hello()));
        let PipeEvent::Frame(last) = &whole[3] else { panic!("a frame") };
        assert_eq!((last.seq, last.monotonic_ns, &last.i420[..]), (2, 2 << 33, &[2u8; 12][..]));
        for size in 1..bytes.len() {
            assert_eq!(events(bytes.chunks(size).map(<[u8]>::to_vec)).unwrap(), whole, "chunks of {size}");
        }
    }

    #[test]
    fn garbage_is_refused_at_once_and_names_what_is_wrong() {
        let feed = |bytes: &[u8]| events(std::iter::once(bytes.to_vec()));
        assert_eq!(feed(b"GET / HTTP"), Err(PipeError::NotAWorker));
        assert_eq!(feed(b"X"), Err(PipeError::NotAWorker));
        let mut odd = hello();
        odd.width = 5;
        assert!(matches!(feed(&odd.encode()), Err(PipeError::Geometry { width: 5, .. })));
        let mut yuyv = hello().encode();
        yuyv[16] = 2;
        assert_eq!(feed(&yuyv), Err(PipeError::Format(2)));
        let mut lost = stream(1);
        lost.extend_from_slice(b"log line");
        assert_eq!(feed(&lost), Err(PipeError::LostSync));
        let mut long = hello().encode();
        long.extend_from_slice(&encode_frame_header(0, 0, usize::MAX));
        assert!(matches!(feed(&long), Err(PipeError::FrameLength { want: 12, .. })));
    }
}

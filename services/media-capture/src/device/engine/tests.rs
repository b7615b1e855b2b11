use super::*;
use crate::device::encoder::StreamFormat;
use crate::domain::clip::Stamp;
use std::sync::mpsc::{Receiver, sync_channel};

/// Every fifth frame is a start.
struct Fake;

impl VideoEncoder for Fake {
    fn encode(&mut self, frame: &RawFrame, _luma: &[u8]) -> Result<CodedFrame, EncodeError> {
        let (width, height, frame_rate_milli) = (frame.width, frame.height, 1);
        let (sps, pps) = (Vec::new(), Vec::new());
        let (camera, camera_id) = (String::new(), String::new());
        let format = StreamFormat { width, height, frame_rate_milli, camera, camera_id, sps, pps };
        let format = Arc::new(format);
        let is_start = frame.seq.is_multiple_of(5);
        let stamp = Stamp { monotonic_ns: frame.monotonic_ns, seq: frame.seq, is_start };
        Ok(CodedFrame { format, stamp, avcc: vec![0; 10] })
    }

    fn restart(&mut self) {}
}

fn engine() -> Engine {
    let make = Box::new(|_: &str, _: &Hello| Ok(Box::new(Fake) as Box<dyn VideoEncoder>));
    let mut engine = Engine::new(make, Eye::default(), Views::default(), None, 10);
    engine.camera_up("till", Hello { width: 2, height: 2, fps_num: 1, fps_den: 1, device_id: "fake".into() });
    engine
}

fn frame_at(seq: u32, monotonic_ns: u64) -> RawFrame {
    RawFrame { width: 2, height: 2, seq, monotonic_ns, i420: vec![0; 6] }
}

fn frame(seq: u32) -> RawFrame {
    frame_at(seq, monotonic_ns())
}

fn join(since_ns: u64, not_before_ns: u64, room: usize) -> (Join, Receiver<ClipInput>) {
    let (sink, inputs) = sync_channel(room);
    let id = RecordingId::parse("01J9ZQ4M8W5T7V2X3Y6B0C1D2E").unwrap();
    let short = Running::new("01J9ZQ4M8W5T7V2X3Y6B0C1D2E", 0);
    let (shop, till) = (String::new(), String::new());
    (Join { id, short, shop, till, since_ns, not_before_ns, sink }, inputs)
}

#[derive(Debug, PartialEq)]
enum Got {
    Picture(u32),
    Lost(GapReason),
    Sound(u64),
    NoSound,
}

/// What came, without the word about the pre-roll.
fn received(inputs: &Receiver<ClipInput>) -> Vec<Got> {
    let seen = |input| match input {
        ClipInput::Frame(coded) => Some(Got::Picture(coded.stamp.seq)),
        ClipInput::Interrupted(reason) => Some(Got::Lost(reason)),
        ClipInput::Sound(sound) => Some(Got::Sound(sound.monotonic_ns)),
        ClipInput::SoundInterrupted(_) => Some(Got::NoSound),
        ClipInput::Preroll(_) => None,
    };
    inputs.try_iter().filter_map(seen).collect()
}

#[test]
fn what_waited_while_the_eye_was_closed_is_kept_nowhere() {
    let mut engine = engine();
    engine.frame(&frame(0));
    let waited = frame(1);
    engine.pause();
    engine.frame(&waited);
    assert!(engine.preroll.is_empty() && *engine.views.preroll_since_ns.borrow() == 0);
    engine.eye.open();
    engine.frame(&waited);
    assert!(engine.preroll.is_empty(), "it was captured before the eye opened");
    engine.frame(&frame(5));
    assert!(!engine.preroll.is_empty());
}

#[test]
fn a_clip_whose_disk_is_slow_loses_pictures_until_the_next_start_and_says_so() {
    let mut engine = engine();
    engine.frame(&frame(0));
    engine.sound_flows = true;
    let (asked, inputs) = join(0, 0, 4);
    engine.join(asked);
    (1..5).for_each(|seq| engine.frame(&frame(seq)));
    assert_eq!(received(&inputs), [Got::Picture(0), Got::Picture(1), Got::Picture(2)]);
    (5..7).for_each(|seq| engine.frame(&frame(seq)));
    assert_eq!(received(&inputs), [Got::Lost(GapReason::Disk), Got::Picture(5), Got::Picture(6)]);
}

#[test]
fn a_clip_begun_without_a_camera_is_told_and_gets_pictures_once_they_come() {
    let mut engine = engine();
    engine.sound_flows = true;
    let (asked, inputs) = join(0, 0, 10);
    engine.join(asked);
    engine.frame(&frame(5));
    engine.camera_down(GapReason::CameraLost);
    let lost = [Got::Lost(GapReason::CameraAbsent), Got::Picture(5), Got::Lost(GapReason::CameraLost)];
    assert_eq!(received(&inputs), lost);
    engine.frame(&frame(0));
    drop(inputs);
    engine.frame(&frame(1));
    assert!(engine.clips.is_empty(), "a writer that is gone gets nothing more");
}

#[test]
fn a_clip_never_shows_the_sale_before_it_and_says_why_its_preroll_is_short() {
    let mut engine = engine();
    let now = monotonic_ns();
    (0..20).for_each(|seq| engine.frame(&frame_at(seq, now + u64::from(seq) * 1_000)));
    let released = now + 7_500;
    let (asked, inputs) = join(now, released, 40);
    engine.join(asked);
    let told = inputs.try_recv().unwrap();
    let wanted = Wanted { since_ns: now, if_short: GapReason::PreviousSale };
    assert!(matches!(told, ClipInput::Preroll(told) if told == wanted));
    assert_eq!(received(&inputs)[1], Got::Picture(10), "the first start after the release");
}

#[test]
fn sound_joins_a_clip_in_its_place_between_the_pictures() {
    let mut engine = engine();
    let now = monotonic_ns();
    let sound = |at: u64| Arc::new(CodedSound { monotonic_ns: now + at, packet: vec![1] });
    for at in 0..4u64 {
        engine.frame(&frame_at(at as u32 * 5, now + at * 100));
        engine.sound(sound(at * 100 + 50));
    }
    let (asked, inputs) = join(now + 100, 0, 40);
    engine.join(asked);
    engine.sound_down(GapReason::MicrophoneLost);
    let order = [
        Got::Picture(5),
        Got::Picture(10),
        Got::Sound(now + 150),
        Got::Picture(15),
        Got::Sound(now + 250),
        Got::Sound(now + 350),
        Got::NoSound,
    ];
    assert_eq!(received(&inputs), order);
}

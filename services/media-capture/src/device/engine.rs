//! One thread between the camera and everybody who wants its picture: encodes once, keeps the pre-roll,
//! hands coded pictures to the clips that run. It never waits for a disk or a client.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};

use super::clip_writer::ClipInput;
use super::encoder::{CodedFrame, EncodeError, VideoEncoder};
use super::time::monotonic_ns;
use crate::domain::clip::GapReason;
use crate::domain::frame_pipe::{Hello, RawFrame};
use crate::domain::ids::RecordingId;
use crate::domain::preroll::PreRoll;

/// Frames and orders waiting for the engine: one second of a 15 fps camera, 7 MB at 640×480.
pub const ENGINE_QUEUE_MAX: usize = 16;
/// A blinded camera opens its eye again by itself: a crashed caller must not leave the shop without evidence.
pub const PAUSE_MAX: Duration = Duration::from_secs(60);

pub enum EngineInput {
    CameraUp(Hello),
    CameraDown(GapReason),
    Frame(RawFrame),
    Join { id: RecordingId, since_ns: u64, sink: SyncSender<ClipInput> },
    Leave(RecordingId),
    Pause(oneshot::Sender<()>),
    Resume(oneshot::Sender<()>),
}

/// What others may see of the engine.
#[derive(Clone)]
pub struct Views {
    pub latest: watch::Sender<Option<Arc<RawFrame>>>,
    /// Blind until then.
    pub paused_until: watch::Sender<Option<Instant>>,
    pub camera_id: watch::Sender<String>,
}

impl Default for Views {
    fn default() -> Self {
        Self {
            latest: watch::Sender::new(None),
            paused_until: watch::Sender::new(None),
            camera_id: watch::Sender::new(String::new()),
        }
    }
}

impl Views {
    pub fn is_paused(&self) -> bool {
        self.paused_until.borrow().is_some_and(|until| Instant::now() < until)
    }
}

pub type MakeEncoder = dyn Fn(&Hello) -> Result<Box<dyn VideoEncoder>, EncodeError> + Send;

pub struct Engine {
    make_encoder: Box<MakeEncoder>,
    views: Views,
    camera: Option<Hello>,
    encoder: Option<Box<dyn VideoEncoder>>,
    preroll: PreRoll<CodedFrame>,
    clips: BTreeMap<RecordingId, Clip>,
    streaming: bool,
    /// Frames captured before this were taken while the camera should have been blind.
    blind_until_ns: u64,
}

struct Clip {
    sink: SyncSender<ClipInput>,
    /// Its disk is too slow; it gets nothing until the next picture that can start.
    behind: bool,
}

impl Engine {
    pub fn new(make_encoder: Box<MakeEncoder>, views: Views, preroll_s: u64) -> Self {
        Self {
            make_encoder,
            views,
            camera: None,
            encoder: None,
            preroll: PreRoll::new(preroll_s),
            clips: BTreeMap::new(),
            streaming: false,
            blind_until_ns: 0,
        }
    }

    /// Runs until every sender is gone.
    pub fn run(mut self, mut inputs: mpsc::Receiver<EngineInput>) {
        while let Some(input) = inputs.blocking_recv() {
            match input {
                EngineInput::CameraUp(hello) => self.camera_up(hello),
                EngineInput::CameraDown(reason) => self.camera_down(reason),
                EngineInput::Frame(frame) => self.frame(frame),
                EngineInput::Join { id, since_ns, sink } => self.join(id, since_ns, sink),
                EngineInput::Leave(id) => drop(self.clips.remove(&id)),
                EngineInput::Pause(done) => {
                    self.pause();
                    // The caller may have gone; the pause ends by itself then.
                    let _ = done.send(());
                }
                EngineInput::Resume(done) => {
                    self.resume();
                    let _ = done.send(());
                }
            }
        }
    }

    fn camera_up(&mut self, hello: Hello) {
        if self.camera.as_ref() != Some(&hello) || self.encoder.is_none() {
            self.encoder = (self.make_encoder)(&hello)
                .inspect_err(|error| tracing::error!(%error, "no encoder for this camera"))
                .ok();
        } else if let Some(encoder) = &mut self.encoder {
            encoder.restart();
        }
        self.views.camera_id.send_replace(hello.device_id.clone());
        self.camera = Some(hello);
    }

    fn camera_down(&mut self, reason: GapReason) {
        self.streaming = false;
        self.views.latest.send_replace(None);
        self.preroll.clear();
        self.interrupt_all(reason);
    }

    fn pause(&mut self) {
        self.views.paused_until.send_replace(Some(Instant::now() + PAUSE_MAX));
        self.views.latest.send_replace(None);
        self.preroll.clear();
        self.interrupt_all(GapReason::Privacy);
    }

    fn resume(&mut self) {
        if self.views.paused_until.send_replace(None).is_some() {
            self.blind_until_ns = monotonic_ns();
            if let Some(encoder) = &mut self.encoder {
                encoder.restart();
            }
        }
    }

    fn frame(&mut self, frame: RawFrame) {
        if self.views.is_paused() {
            return;
        }
        if self.views.paused_until.borrow().is_some() {
            self.resume();
        }
        if frame.monotonic_ns < self.blind_until_ns {
            return;
        }
        self.streaming = true;
        let coded = self.encoder.as_mut().map(|encoder| encoder.encode(&frame));
        self.views.latest.send_replace(Some(Arc::new(frame)));
        match coded {
            Some(Ok(coded)) => {
                let coded = Arc::new(coded);
                self.clips.retain(|_, clip| clip.offer(&coded));
                self.preroll.push(coded);
            }
            Some(Err(error)) => tracing::warn!(%error, "a frame is lost"),
            None => {}
        }
    }

    fn join(&mut self, id: RecordingId, since_ns: u64, sink: SyncSender<ClipInput>) {
        let mut clip = Clip { sink, behind: false };
        if self.views.is_paused() {
            clip.interrupt(GapReason::Privacy);
        } else if !self.streaming {
            clip.interrupt(GapReason::CameraAbsent);
        }
        for coded in self.preroll.since(since_ns) {
            clip.offer(&coded);
        }
        self.clips.insert(id, clip);
    }

    fn interrupt_all(&mut self, reason: GapReason) {
        for clip in self.clips.values_mut() {
            clip.interrupt(reason);
        }
    }
}

impl Clip {
    /// False when nobody writes this clip any more.
    fn offer(&mut self, coded: &Arc<CodedFrame>) -> bool {
        if self.behind {
            if !coded.stamp.is_start {
                return true;
            }
            self.interrupt(GapReason::Disk);
            if self.behind {
                return true;
            }
        }
        match self.sink.try_send(ClipInput::Frame(coded.clone())) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                self.behind = true;
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }

    fn interrupt(&mut self, reason: GapReason) {
        self.behind = self.sink.try_send(ClipInput::Interrupted(reason)).is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::encoder::StreamFormat;
    use crate::domain::clip::Stamp;
    use std::sync::mpsc::{Receiver, sync_channel};

    /// Every fifth frame is a start.
    struct Fake;

    impl VideoEncoder for Fake {
        fn encode(&mut self, frame: &RawFrame) -> Result<CodedFrame, EncodeError> {
            let (width, height, camera_id) = (frame.width, frame.height, String::new());
            let (sps, pps) = (Vec::new(), Vec::new());
            let format = Arc::new(StreamFormat { width, height, frame_rate_milli: 1, camera_id, sps, pps });
            let stamp = Stamp {
                monotonic_ns: frame.monotonic_ns,
                seq: frame.seq,
                is_start: frame.seq.is_multiple_of(5),
            };
            Ok(CodedFrame { format, stamp, avcc: vec![0; 10] })
        }

        fn restart(&mut self) {}
    }

    fn engine() -> (Engine, Views) {
        let views = Views::default();
        let mut engine = Engine::new(Box::new(|_| Ok(Box::new(Fake))), views.clone(), 10);
        engine.camera_up(Hello { width: 2, height: 2, fps_num: 1, fps_den: 1, device_id: "fake".into() });
        (engine, views)
    }

    fn frame(seq: u32) -> RawFrame {
        RawFrame { width: 2, height: 2, seq, monotonic_ns: monotonic_ns(), i420: vec![0; 6] }
    }

    fn id() -> RecordingId {
        RecordingId::parse("01J9ZQ4M8W5T7V2X3Y6B0C1D2E").unwrap()
    }

    fn received(inputs: &Receiver<ClipInput>) -> Vec<Result<u32, GapReason>> {
        let seen = |input| match input {
            ClipInput::Frame(coded) => Ok(coded.stamp.seq),
            ClipInput::Interrupted(reason) => Err(reason),
        };
        inputs.try_iter().map(seen).collect()
    }

    #[test]
    fn an_eye_left_closed_opens_by_itself_and_never_shows_what_it_should_not_have_seen() {
        let (mut engine, views) = engine();
        engine.frame(frame(0));
        engine.pause();
        let captured_blind = frame(1);
        engine.frame(frame(2));
        assert!(views.latest.borrow().is_none() && engine.preroll.is_empty());
        views.paused_until.send_replace(Instant::now().checked_sub(Duration::from_millis(1)));
        engine.frame(captured_blind);
        assert!(views.latest.borrow().is_none(), "it was captured while blind");
        engine.frame(frame(3));
        assert_eq!(views.latest.borrow().as_ref().map(|frame| frame.seq), Some(3));
    }

    #[test]
    fn a_clip_whose_disk_is_slow_loses_pictures_until_the_next_start_and_says_so() {
        let (mut engine, _) = engine();
        engine.frame(frame(0));
        let (sink, inputs) = sync_channel(3);
        engine.join(id(), 0, sink);
        (1..5).for_each(|seq| engine.frame(frame(seq)));
        assert_eq!(received(&inputs), [Ok(0), Ok(1), Ok(2)]);
        (5..7).for_each(|seq| engine.frame(frame(seq)));
        assert_eq!(received(&inputs), [Err(GapReason::Disk), Ok(5), Ok(6)]);
    }

    #[test]
    fn a_clip_begun_without_a_camera_is_told_and_gets_pictures_once_they_come() {
        let (mut engine, _) = engine();
        let (sink, inputs) = sync_channel(10);
        engine.join(id(), 0, sink);
        engine.frame(frame(5));
        engine.camera_down(GapReason::CameraLost);
        assert_eq!(received(&inputs), [Err(GapReason::CameraAbsent), Ok(5), Err(GapReason::CameraLost)]);
        engine.frame(frame(0));
        drop(inputs);
        engine.frame(frame(1));
        assert!(engine.clips.is_empty(), "a writer that is gone gets nothing more");
    }
}

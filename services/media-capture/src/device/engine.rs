//! One thread between the camera and the clips: encodes once, keeps the pre-roll, hands coded pictures and sound to
//! the clips that run. It never waits for a disk or a client, and nobody who wants a picture waits for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};

use tokio::sync::watch;

use super::captions::Captions;
use super::clip_writer::ClipInput;
use super::coded_sound::CodedSound;
use super::encoder::{CodedFrame, EncodeError, VideoEncoder};
use super::engine_queue::{EngineInput, EngineQueue, Join};
use super::eye::Eye;
use super::time::monotonic_ns;
use crate::domain::caption::Running;
use crate::domain::clip::{GapReason, Wanted};
use crate::domain::frame_pipe::{Hello, RawFrame};
use crate::domain::ids::RecordingId;
use crate::domain::preroll::PreRoll;

/// What others may see of the engine.
#[derive(Clone)]
pub struct Views {
    pub camera_id: watch::Sender<String>,
    /// CLOCK_MONOTONIC of the oldest picture a clip could begin with; 0 = none.
    pub preroll_since_ns: watch::Sender<u64>,
    /// Clips that run.
    pub clips: watch::Sender<usize>,
}

impl Default for Views {
    fn default() -> Self {
        Self {
            camera_id: watch::Sender::new(String::new()),
            preroll_since_ns: watch::Sender::new(0),
            clips: watch::Sender::new(0),
        }
    }
}

pub type MakeEncoder = dyn Fn(&str, &Hello) -> Result<Box<dyn VideoEncoder>, EncodeError> + Send;

pub struct Engine {
    make_encoder: Box<MakeEncoder>,
    eye: Eye,
    views: Views,
    captions: Option<Captions>,
    camera: Option<Hello>,
    encoder: Option<Box<dyn VideoEncoder>>,
    preroll: PreRoll<CodedFrame>,
    sound: PreRoll<CodedSound>,
    sound_flows: bool,
    clips: BTreeMap<RecordingId, Clip>,
    running: Vec<Running>,
    streaming: bool,
    /// Why the ring is as young as it is.
    ring_emptied_by: GapReason,
    openings_seen: u64,
}

struct Clip {
    sink: SyncSender<ClipInput>,
    short: Running,
    /// Its disk is too slow; it gets nothing until the next picture that can start.
    behind: bool,
}

impl Engine {
    pub fn new(
        make_encoder: Box<MakeEncoder>,
        eye: Eye,
        views: Views,
        captions: Option<Captions>,
        preroll_s: u64,
    ) -> Self {
        Self {
            make_encoder,
            eye,
            views,
            captions,
            camera: None,
            encoder: None,
            preroll: PreRoll::new(preroll_s),
            sound: PreRoll::new(preroll_s),
            sound_flows: false,
            clips: BTreeMap::new(),
            running: Vec::new(),
            streaming: false,
            ring_emptied_by: GapReason::CameraAbsent,
            openings_seen: 0,
        }
    }

    /// Runs until the queue is closed.
    pub fn run(mut self, inputs: &EngineQueue) {
        while let Some(input) = inputs.next() {
            self.take(input);
        }
    }

    fn take(&mut self, input: EngineInput) {
        match input {
            EngineInput::CameraUp(name, hello) => self.camera_up(&name, hello),
            EngineInput::CameraDown(reason) => self.camera_down(reason),
            EngineInput::Frame(frame) => self.frame(&frame),
            EngineInput::Sound(sound) => self.sound(sound),
            EngineInput::SoundDown(reason) => self.sound_down(reason),
            EngineInput::Join(join) => self.join(join),
            EngineInput::Leave(id) => {
                self.clips.remove(&id);
                self.list_running();
            }
            EngineInput::StartHere => self.restart_encoder(),
            EngineInput::Pause(done) => {
                self.pause();
                // The caller may have gone; the pause ends by itself then.
                let _ = done.send(());
            }
            EngineInput::Resume(done) => {
                self.eye.open();
                let _ = done.send(());
            }
        }
    }

    fn camera_up(&mut self, name: &str, hello: Hello) {
        if self.camera.as_ref() != Some(&hello) || self.encoder.is_none() {
            self.encoder = (self.make_encoder)(name, &hello)
                .inspect_err(|error| tracing::error!(%error, "no encoder for this camera"))
                .ok();
        } else {
            self.restart_encoder();
        }
        self.views.camera_id.send_replace(hello.device_id.clone());
        self.camera = Some(hello);
    }

    fn camera_down(&mut self, reason: GapReason) {
        self.streaming = false;
        self.empty_ring(reason);
    }

    fn pause(&mut self) {
        self.eye.close();
        self.sound.clear();
        self.empty_ring(GapReason::Privacy);
        for clip in self.clips.values_mut() {
            clip.interrupt_sound(GapReason::Privacy);
        }
    }

    fn empty_ring(&mut self, reason: GapReason) {
        self.ring_emptied_by = reason;
        self.preroll.clear();
        self.views.preroll_since_ns.send_replace(0);
        for clip in self.clips.values_mut() {
            clip.interrupt(reason);
        }
    }

    fn restart_encoder(&mut self) {
        if let Some(encoder) = &mut self.encoder {
            encoder.restart();
        }
    }

    fn frame(&mut self, frame: &RawFrame) {
        if !self.eye.may_keep(frame.monotonic_ns) {
            return;
        }
        if std::mem::replace(&mut self.openings_seen, self.eye.openings()) != self.openings_seen {
            self.restart_encoder();
        }
        self.streaming = true;
        let luma = match &mut self.captions {
            Some(captions) => captions.film(frame, &self.running),
            None => frame.luma(),
        };
        match self.encoder.as_mut().map(|encoder| encoder.encode(frame, luma)) {
            Some(Ok(coded)) => {
                let coded = Arc::new(coded);
                self.clips.retain(|_, clip| clip.offer(&coded));
                if self.clips.len() != self.running.len() {
                    self.list_running();
                }
                self.preroll.push(coded);
                self.views.preroll_since_ns.send_replace(self.preroll.first_ns().unwrap_or(0));
            }
            Some(Err(error)) => tracing::warn!(%error, "a frame is lost"),
            None => {}
        }
    }

    fn sound(&mut self, sound: Arc<CodedSound>) {
        if !self.eye.may_keep(sound.monotonic_ns) {
            return;
        }
        self.sound_flows = true;
        for clip in self.clips.values_mut() {
            clip.hear(&sound);
        }
        self.sound.push(sound);
    }

    fn sound_down(&mut self, reason: GapReason) {
        self.sound_flows = false;
        self.sound.clear();
        for clip in self.clips.values_mut() {
            clip.interrupt_sound(reason);
        }
    }

    fn join(&mut self, join: Join) {
        let Join { id, short, shop, till, since_ns, not_before_ns, sink } = join;
        if let Some(captions) = &mut self.captions {
            captions.set_place(&shop, &till);
        }
        let mut clip = Clip { sink, short, behind: false };
        let if_short = if not_before_ns > since_ns { GapReason::PreviousSale } else { self.ring_emptied_by };
        clip.tell(ClipInput::Preroll(Wanted { since_ns, if_short }));
        if self.eye.is_closed() {
            clip.interrupt(GapReason::Privacy);
        } else if !self.streaming {
            clip.interrupt(GapReason::CameraAbsent);
        }
        if !self.sound_flows {
            clip.interrupt_sound(GapReason::MicrophoneAbsent);
        }
        let pictures = self.preroll.since(since_ns.max(not_before_ns), not_before_ns);
        let from_ns = pictures.first().map_or(monotonic_ns(), |first| first.stamp.monotonic_ns);
        let mut sounds = self.sound.since(from_ns, from_ns).into_iter().peekable();
        for coded in pictures {
            clip.offer(&coded);
            while let Some(sound) = sounds.next_if(|sound| sound.monotonic_ns <= coded.stamp.monotonic_ns) {
                clip.hear(&sound);
            }
        }
        sounds.for_each(|sound| clip.hear(&sound));
        self.clips.insert(id, clip);
        self.list_running();
    }

    fn list_running(&mut self) {
        self.running = self.clips.values().map(|clip| clip.short.clone()).collect();
        self.running.sort_by_key(|running| running.since_ns);
        self.views.clips.send_replace(self.clips.len());
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
        self.behind = !self.tell(ClipInput::Interrupted(reason));
    }

    /// Sound that finds no room is lost, as the pictures beside it are.
    fn hear(&self, sound: &Arc<CodedSound>) {
        self.tell(ClipInput::Sound(sound.clone()));
    }

    fn interrupt_sound(&self, reason: GapReason) {
        self.tell(ClipInput::SoundInterrupted(reason));
    }

    fn tell(&self, input: ClipInput) -> bool {
        self.sink.try_send(input).is_ok()
    }
}

#[cfg(test)]
mod tests;

//! The way to the engine. Orders are kept; of frames only the newest few, because a late frame is worth nothing
//! and a photo must never wait behind the encoder.

use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::clip_writer::ClipInput;
use super::coded_sound::CodedSound;
use crate::domain::caption::Running;
use crate::domain::clip::GapReason;
use crate::domain::frame_pipe::{Hello, RawFrame};
use crate::domain::ids::RecordingId;

/// Frames waiting for the encoder: most of a second of a 15 fps camera, 17 MB at 1280×720.
pub const FRAMES_WAITING_MAX: usize = 12;
/// Sound rings no bell of its own while pictures come: the engine wakes for them often enough. Without pictures it wakes for so many
/// packets, a sixth of a second.
const SOUNDS_A_BELL: usize = 8;
/// Orders waiting: every recording joins and leaves once, so this is an engine that stands still.
const ORDERS_WAITING_MAX: usize = 256;

pub enum EngineInput {
    /// The camera's name in the configuration, and what its worker says of it.
    CameraUp(String, Hello),
    CameraDown(GapReason),
    Frame(Arc<RawFrame>),
    Sound(Arc<CodedSound>),
    /// No microphone: until sound comes again there is none.
    SoundDown(GapReason),
    Join(Join),
    Leave(RecordingId),
    /// The next picture shall be one that a clip can begin with.
    StartHere,
    Pause(oneshot::Sender<()>),
    Resume(oneshot::Sender<()>),
}

/// A clip that wants pictures.
pub struct Join {
    pub id: RecordingId,
    /// What its running time is called in the picture.
    pub short: Running,
    pub shop: String,
    pub till: String,
    pub since_ns: u64,
    /// Nothing before this may be in the clip, whatever it wants.
    pub not_before_ns: u64,
    pub sink: SyncSender<ClipInput>,
}

#[derive(Clone, Default)]
pub struct EngineQueue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    bell: Condvar,
}

#[derive(Default)]
struct Waiting {
    inputs: VecDeque<EngineInput>,
    frames: usize,
    /// Packets that rang no bell.
    quiet_sounds: usize,
    closed: bool,
}

impl EngineQueue {
    /// Keeps the newest frames; the oldest goes.
    pub fn frame(&self, frame: Arc<RawFrame>) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.frames == FRAMES_WAITING_MAX {
            let oldest = waiting.inputs.iter().position(|input| matches!(input, EngineInput::Frame(_)));
            if let Some(at) = oldest {
                waiting.inputs.remove(at);
                waiting.frames -= 1;
            }
        }
        waiting.inputs.push_back(EngineInput::Frame(frame));
        waiting.frames += 1;
        drop(waiting);
        self.0.bell.notify_one();
    }

    /// False: the engine is gone or stands still.
    pub fn tell(&self, order: EngineInput) -> bool {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.closed || waiting.inputs.len() - waiting.frames >= ORDERS_WAITING_MAX {
            tracing::error!("the encoder is gone or stands still");
            return false;
        }
        let can_wait = matches!(order, EngineInput::Sound(_)) && waiting.quiet_sounds + 1 < SOUNDS_A_BELL;
        waiting.quiet_sounds = if can_wait { waiting.quiet_sounds + 1 } else { 0 };
        waiting.inputs.push_back(order);
        drop(waiting);
        if !can_wait {
            self.0.bell.notify_one();
        }
        true
    }

    /// Nothing more comes in; what waits is still handed out.
    pub fn close(&self) {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.0.bell.notify_all();
    }

    /// `None` once it is closed and empty.
    pub fn next(&self) -> Option<EngineInput> {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(input) = waiting.inputs.pop_front() {
                waiting.frames -= usize::from(matches!(input, EngineInput::Frame(_)));
                waiting.quiet_sounds = 0;
                return Some(input);
            }
            if waiting.closed {
                return None;
            }
            waiting = self.0.bell.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_wakes_the_engine_once_in_a_sixth_of_a_second_if_no_picture_does() {
        let queue = EngineQueue::default();
        let sound = || Arc::new(CodedSound { monotonic_ns: 0, packet: Vec::new() });
        let quiet = || queue.0.waiting.lock().unwrap().quiet_sounds;
        let counted: Vec<usize> = (0..SOUNDS_A_BELL)
            .map(|_| {
                assert!(queue.tell(EngineInput::Sound(sound())));
                quiet()
            })
            .collect();
        assert_eq!(counted, [1, 2, 3, 4, 5, 6, 7, 0], "the eighth rings");
        queue.tell(EngineInput::Sound(sound()));
        while quiet() > 0 {
            assert!(queue.next().is_some());
        }
    }

    #[test]
    fn a_busy_encoder_loses_the_oldest_frames_and_no_order() {
        let queue = EngineQueue::default();
        for seq in 0..20 {
            let frame = RawFrame { width: 2, height: 2, seq, monotonic_ns: 0, i420: vec![0; 6] };
            queue.frame(Arc::new(frame));
            if seq == 4 {
                assert!(queue.tell(EngineInput::CameraDown(GapReason::CameraLost)));
            }
        }
        queue.close();
        assert!(!queue.tell(EngineInput::CameraDown(GapReason::CameraLost)));
        let mut seen = Vec::new();
        while let Some(input) = queue.next() {
            seen.push(match input {
                EngineInput::Frame(frame) => Some(frame.seq),
                _ => None,
            });
        }
        let frames: Vec<u32> = seen.iter().flatten().copied().collect();
        assert_eq!(frames, (8..20).collect::<Vec<_>>());
        assert_eq!(seen[0], None, "the order keeps its place before what came after it");
    }
}

//! What the camera sees now, for everybody who wants a picture: photos, the reader of codes. It is shown before
//! the encoder takes it, and nothing is shown that was captured while the camera should have been blind.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::time::monotonic_ns;
use crate::domain::frame_pipe::RawFrame;

/// A blinded camera opens its eye again by itself: a crashed caller must not leave the shop without evidence.
pub const PAUSE_MAX: Duration = Duration::from_secs(60);

/// The newest picture and the one before it, which tells whether the newest is torn.
#[derive(Clone)]
pub struct Seen {
    pub frame: Arc<RawFrame>,
    pub before: Option<Arc<RawFrame>>,
}

#[derive(Clone)]
pub struct Eye {
    latest: watch::Sender<Option<Seen>>,
    lid: Arc<Mutex<Lid>>,
}

#[derive(Default)]
struct Lid {
    closed_until: Option<Instant>,
    /// Frames captured before this were taken while the camera should have been blind.
    blind_until_ns: u64,
    /// How often it was opened after it had been closed.
    openings: u64,
}

impl Default for Eye {
    fn default() -> Self {
        Self { latest: watch::Sender::new(None), lid: Arc::default() }
    }
}

impl Eye {
    /// False if the picture is not to be seen by anybody.
    pub fn show(&self, frame: &Arc<RawFrame>) -> bool {
        let mut lid = self.lid.lock().unwrap_or_else(PoisonError::into_inner);
        if lid.closed_until.is_some_and(|until| Instant::now() >= until) {
            lid.open();
        }
        if lid.closed_until.is_some() || frame.monotonic_ns < lid.blind_until_ns {
            return false;
        }
        // Under the lock: a picture must not slip out behind a lid that closes now.
        self.latest.send_modify(|seen| {
            let before = seen.take().map(|seen| seen.frame);
            *seen = Some(Seen { frame: frame.clone(), before });
        });
        true
    }

    /// The camera is gone: its last picture is no longer the present.
    pub fn lose(&self) {
        self.latest.send_replace(None);
    }

    pub fn close(&self) {
        let mut lid = self.lid.lock().unwrap_or_else(PoisonError::into_inner);
        lid.closed_until = Some(Instant::now() + PAUSE_MAX);
        self.latest.send_replace(None);
    }

    pub fn open(&self) {
        let mut lid = self.lid.lock().unwrap_or_else(PoisonError::into_inner);
        if lid.closed_until.is_some() {
            lid.open();
        }
    }

    pub fn is_closed(&self) -> bool {
        let lid = self.lid.lock().unwrap_or_else(PoisonError::into_inner);
        lid.closed_until.is_some_and(|until| Instant::now() < until)
    }

    /// May a frame captured then be kept? One may have waited in a queue while the eye was closed.
    pub fn may_keep(&self, captured_ns: u64) -> bool {
        let lid = self.lid.lock().unwrap_or_else(PoisonError::into_inner);
        lid.closed_until.is_none_or(|until| Instant::now() >= until) && captured_ns >= lid.blind_until_ns
    }

    pub fn openings(&self) -> u64 {
        self.lid.lock().unwrap_or_else(PoisonError::into_inner).openings
    }

    pub fn subscribe(&self) -> watch::Receiver<Option<Seen>> {
        self.latest.subscribe()
    }
}

impl Lid {
    fn open(&mut self) {
        self.closed_until = None;
        self.blind_until_ns = monotonic_ns();
        self.openings += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(seq: u32) -> Arc<RawFrame> {
        Arc::new(RawFrame { width: 2, height: 2, seq, monotonic_ns: monotonic_ns(), i420: vec![0; 6] })
    }

    fn newest(eye: &Eye) -> Option<u32> {
        eye.subscribe().borrow().as_ref().map(|seen| seen.frame.seq)
    }

    #[test]
    fn an_eye_left_closed_opens_by_itself_and_never_shows_what_it_should_not_have_seen() {
        let eye = Eye::default();
        assert!(eye.show(&frame(0)));
        eye.close();
        let captured_blind = frame(1);
        assert!(!eye.show(&frame(2)) && newest(&eye).is_none() && !eye.may_keep(captured_blind.monotonic_ns));
        eye.lid.lock().unwrap().closed_until = Instant::now().checked_sub(Duration::from_millis(1));
        assert!(!eye.show(&captured_blind), "it was captured while blind");
        assert!(newest(&eye).is_none() && !eye.may_keep(captured_blind.monotonic_ns));
        assert!(eye.show(&frame(3)));
        assert_eq!((newest(&eye), eye.openings()), (Some(3), 1));
    }

    #[test]
    fn the_picture_before_the_newest_is_at_hand_until_the_camera_is_lost() {
        let eye = Eye::default();
        assert!([0, 1].iter().all(|seq| eye.show(&frame(*seq))));
        let seen = eye.subscribe().borrow().clone().unwrap();
        assert_eq!((seen.frame.seq, seen.before.map(|before| before.seq)), (1, Some(0)));
        eye.lose();
        eye.show(&frame(7));
        assert!(eye.subscribe().borrow().as_ref().unwrap().before.is_none());
    }
}

//! The decoder's own thread: the cascade, and where that reads nothing the second opinion. A panic there is counted, costs one
//! picture, and is nobody else's trouble.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::{mpsc, oneshot};

use super::second_opinion::SecondOpinion;
use crate::domain::symbol::Symbology;
use crate::sight::cascade::{self, bounded};
use crate::sight::{Engine, Fallback, Plane, Sighting, linear};
use crate::sources::Sources;

/// Pictures that wait for the thread; more callers than that wait at the door.
const WAITING_MAX: usize = 4;
/// Processor time after which nothing new is begun on a picture; what has begun ends within [`TIME_MAX`].
const BUDGET: Duration = Duration::from_millis(30);
/// No picture of two million pixels may take more.
const TIME_MAX: Duration = Duration::from_millis(50);
/// What the second opinion may take of it.
const SECOND_OPINION_MAX: Duration = Duration::from_millis(20);
/// Ways of clearing a picture up that take turns from frame to frame, the second opinion among them.
const TURNS: [Option<Fallback>; 5] = [
    Some(Fallback::Sharpened),
    Some(Fallback::LocalMean),
    None,
    Some(Fallback::Inverted),
    Some(Fallback::Deconvolved),
];

/// How hard to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// One of many pictures: one more way each time.
    Frame,
    /// The only picture there is: every way.
    Still,
}

#[derive(Clone, Debug)]
pub struct Look {
    pub sightings: Vec<Sighting>,
    pub cpu: Duration,
}

struct Job {
    plane: Plane<'static>,
    effort: Effort,
    wanted: Arc<[Symbology]>,
    answer: oneshot::Sender<Look>,
}

#[derive(Clone)]
pub struct Decoder {
    jobs: mpsc::Sender<Job>,
}

impl Decoder {
    pub fn start(sources: Arc<Sources>, worker: PathBuf) -> io::Result<Self> {
        let mut eye = Eye::new(Arc::clone(&sources), worker);
        Self::start_with(sources, move |plane, effort, wanted| eye.look(plane, effort, wanted))
    }

    fn start_with(
        sources: Arc<Sources>,
        mut look: impl FnMut(&Plane<'_>, Effort, &[Symbology]) -> Vec<Sighting> + Send + 'static,
    ) -> io::Result<Self> {
        let (jobs, mut inbox) = mpsc::channel::<Job>(WAITING_MAX);
        let work = move || {
            while let Some(job) = inbox.blocking_recv() {
                let begun = cpu();
                // Nothing is shared with the decoder but the picture, and that is dropped.
                let seen = catch_unwind(AssertUnwindSafe(|| look(&job.plane, job.effort, &job.wanted)));
                let sightings = seen.unwrap_or_else(|_panic| {
                    sources.count_decoder_restart();
                    tracing::warn!("the decoder panicked on a picture; going on with the next");
                    Vec::new()
                });
                // A caller whose time is up has left.
                let _ = job.answer.send(Look { sightings, cpu: cpu().saturating_sub(begun) });
            }
        };
        thread::Builder::new().name("decoder".into()).spawn(work)?;
        Ok(Self { jobs })
    }

    pub async fn look(
        &self,
        plane: Plane<'static>,
        effort: Effort,
        wanted: Arc<[Symbology]>,
    ) -> Option<Look> {
        let (answer, look) = oneshot::channel();
        self.jobs.send(Job { plane, effort, wanted, answer }).await.ok()?;
        look.await.ok()
    }
}

/// Everything that reads pictures, in the order in which it is tried.
pub struct Eye {
    second: SecondOpinion,
    turn: usize,
}

impl Eye {
    /// `worker` is the program of the second opinion.
    pub fn new(sources: Arc<Sources>, worker: PathBuf) -> Self {
        Self { second: SecondOpinion::new(worker, sources), turn: 0 }
    }

    /// Processor time of this thread.
    pub fn cpu() -> Duration {
        cpu()
    }

    /// The second opinion alone, with more time than it gets in a picture.
    pub fn second(&mut self, plane: &Plane<'_>) -> Vec<Sighting> {
        let answer = self.second.ask(&bounded(plane), 10 * SECOND_OPINION_MAX);
        answer.into_iter().map(rqrr).collect()
    }

    pub fn look(&mut self, plane: &Plane<'_>, effort: Effort, wanted: &[Symbology]) -> Vec<Sighting> {
        let begun = cpu();
        let spent = || cpu().saturating_sub(begun) >= BUDGET;
        let plane = bounded(plane);
        self.turn = (self.turn + 1) % TURNS.len();
        let turn = TURNS[self.turn];
        let mut sightings = Vec::new();
        if wanted.contains(&Symbology::QrCode) {
            let frame: Vec<Fallback> = std::iter::once(Fallback::Quarter).chain(turn).collect();
            let fallbacks = if effort == Effort::Still { &Fallback::ALL[..] } else { &frame };
            sightings = cascade::look(&plane, fallbacks, &spent);
            if sightings.is_empty() && (effort == Effort::Still || turn.is_none()) {
                sightings = self.second_opinion(&plane, cpu().saturating_sub(begun));
            }
        }
        let linear: Vec<Symbology> =
            linear::READABLE.iter().copied().filter(|symbology| wanted.contains(symbology)).collect();
        if linear.is_empty() || !sightings.is_empty() && effort == Effort::Frame {
            return sightings;
        }
        // Bars upright in one frame, lying in the next.
        if effort == Effort::Still || self.turn.is_multiple_of(2) {
            sightings.extend(linear::read(&plane, &linear, &spent));
        }
        if effort == Effort::Still && sightings.is_empty()
            || effort == Effort::Frame && !self.turn.is_multiple_of(2)
        {
            sightings.extend(linear::read(&plane.turned(), &linear, &spent));
        }
        sightings.truncate(cascade::CODES_MAX);
        sightings
    }

    fn second_opinion(&mut self, plane: &Plane<'_>, spent: Duration) -> Vec<Sighting> {
        let time = TIME_MAX.saturating_sub(spent).min(SECOND_OPINION_MAX);
        let small;
        // It takes longer than the rest by far, and reads best what is not too fine.
        let plane = if plane.pixels() > 400_000 {
            small = plane.halved();
            &small
        } else {
            plane
        };
        let answer = self.second.ask(plane, time);
        answer.into_iter().map(rqrr).collect()
    }
}

fn rqrr(content: Vec<u8>) -> Sighting {
    Sighting { content, symbology: Symbology::QrCode, engine: Engine::Rqrr }
}

/// Processor time of this thread.
fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sight::tests::drawn;

    fn wanted() -> Arc<[Symbology]> {
        [Symbology::QrCode, Symbology::Ean13].into()
    }

    fn decoder() -> Decoder {
        Decoder::start(Arc::default(), "/nowhere/code-worker".into()).unwrap()
    }

    async fn contents(decoder: &Decoder, plane: Plane<'static>) -> Vec<Vec<u8>> {
        let look = decoder.look(plane, Effort::Frame, wanted()).await.unwrap();
        look.sightings.into_iter().map(|sighting| sighting.content).collect()
    }

    #[tokio::test]
    async fn a_drawn_payer_code_is_read() {
        let payload = "7".repeat(237);
        let plane = drawn(payload.as_bytes(), 640, 480, 4);
        assert_eq!(contents(&decoder(), plane).await, [payload.as_bytes()]);
    }

    #[tokio::test]
    async fn a_panic_of_the_decoder_costs_one_picture_and_is_counted() {
        let sources = Arc::new(Sources::default());
        let mut looked = 0;
        let clumsy = move |plane: &Plane<'_>, _, _: &[Symbology]| {
            looked += 1;
            assert!(looked != 1, "as decoders do on some photos");
            cascade::look(plane, &[], &|| false)
        };
        let decoder = Decoder::start_with(Arc::clone(&sources), clumsy).unwrap();
        assert_eq!(contents(&decoder, drawn(b"HELLO", 320, 240, 4)).await, [] as [Vec<u8>; 0]);
        assert_eq!(sources.decoder_restarts(), 1);
        assert_eq!(contents(&decoder, drawn(b"HELLO", 320, 240, 4)).await, [b"HELLO"]);
    }

    #[tokio::test]
    async fn pictures_of_any_size_do_no_harm() {
        let decoder = decoder();
        for (width, height) in [(1, 1), (1, 4000), (4000, 1), (20, 20), (21, 21), (43, 41), (41, 40)] {
            let plane = Plane::new(width, height, vec![128; width * height]).unwrap();
            for effort in [Effort::Frame, Effort::Still] {
                let look = decoder.look(plane.clone(), effort, wanted()).await.unwrap();
                assert_eq!(look.sightings, []);
            }
        }
    }
}

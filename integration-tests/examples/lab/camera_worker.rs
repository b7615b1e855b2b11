//! `cam-worker` alone, judged by what it writes: the frame pipe's layout is read here from its description, not with
//! the service's parser.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use chit_integration_tests::house::program;
use tokio::io::{AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::report::Report;
use crate::running::{PATIENCE, until};
use crate::vivid;

const WIDTH: u16 = 320;
const HEIGHT: u16 = 180;
/// A frame of YUYV takes the debug worker a few milliseconds on the machine, thirty times that in emulation.
const FPS: u16 = 5;
const FRAMES: u32 = 15;

const ASKED: i32 = 0;
const ABSENT: i32 = 3;
const BUSY: i32 = 4;
const LOST: i32 = 5;
/// From the driver's ENODEV, or from the closed pipe, to the end of the process.
const LEAVES_WITHIN: Duration = Duration::from_secs(2);

pub async fn check(report: &mut Report) {
    report.check("camera worker: hello and frames in order, at the driver's pace", streams()).await;
    report.check("camera worker: a second opener ends with 4 (BUSY)", busy()).await;
    report.check("camera worker: unplugged in mid-stream it ends with 5 (LOST)", lost()).await;
    report.check("camera worker: a camera that is gone is found again", again()).await;
    report.check("camera worker: blocked in the driver it still leaves when stdin closes", stalled()).await;
    report.check("camera worker: without a camera it ends with 3 (ABSENT)", absent()).await;
}

struct Worker {
    child: Child,
    out: BufReader<ChildStdout>,
}

struct Hello {
    width: u16,
    height: u16,
    fps: f32,
    device: String,
}

struct Frame {
    seq: u32,
    at_ns: u64,
    i420: Vec<u8>,
}

impl Worker {
    fn start(device: &str) -> anyhow::Result<Self> {
        let size = [("--width", WIDTH), ("--height", HEIGHT), ("--fps", FPS)];
        let mut command = Command::new(program("cam-worker")?);
        command.args(["--device", device]);
        for (name, value) in size {
            command.args([name, &value.to_string()]);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let out = BufReader::new(child.stdout.take().context("no stdout")?);
        Ok(Self { child, out })
    }

    async fn hello(&mut self) -> anyhow::Result<Hello> {
        let mut fixed = [0; 18];
        timeout(PATIENCE, self.out.read_exact(&mut fixed)).await.context("no hello")??;
        ensure!(&fixed[..8] == b"CHITCAM1", "the hello begins with {:?}", &fixed[..8]);
        let number = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        ensure!(fixed[16] == 1, "format {}", fixed[16]);
        let mut device = vec![0; fixed[17].into()];
        self.out.read_exact(&mut device).await?;
        let fps = f32::from(number(12)) / f32::from(number(14));
        Ok(Hello { width: number(8), height: number(10), fps, device: String::from_utf8(device)? })
    }

    async fn frame(&mut self) -> anyhow::Result<Frame> {
        let mut head = [0; 20];
        timeout(PATIENCE, self.out.read_exact(&mut head)).await.context("no frame")??;
        ensure!(&head[..4] == b"FRAM", "a frame begins with {:?}", &head[..4]);
        let seq = u32::from_le_bytes(head[4..8].try_into()?);
        let at_ns = u64::from_le_bytes(head[8..16].try_into()?);
        let mut i420 = vec![0; u32::from_le_bytes(head[16..].try_into()?) as usize];
        self.out.read_exact(&mut i420).await?;
        Ok(Frame { seq, at_ns, i420 })
    }

    /// Reads on, as the service does, until the worker ends by itself.
    async fn ends(mut self, with: i32, within: Duration) -> anyhow::Result<String> {
        let begun = Instant::now();
        // It must be alive at both ends: only its own reason may end it.
        let stdin = self.child.stdin.take();
        let ended = timeout(within, async {
            let mut rest = Vec::new();
            self.out.read_to_end(&mut rest).await?;
            self.child.wait().await
        });
        let code = ended.await.with_context(|| format!("it did not end within {within:?}"))??.code();
        drop(stdin);
        ensure!(code == Some(with), "it ended with {code:?}");
        Ok(format!("{} ms", begun.elapsed().as_millis()))
    }

    async fn sent_away(mut self) -> anyhow::Result<String> {
        let begun = Instant::now();
        drop(self.child.stdin.take());
        let ended = timeout(LEAVES_WITHIN, self.child.wait()).await.context("it stays")??;
        ensure!(ended.code() == Some(ASKED), "it ended with {ended}");
        Ok(format!("{} ms", begun.elapsed().as_millis()))
    }
}

async fn streams() -> anyhow::Result<String> {
    let mut worker = Worker::start(vivid::NODE)?;
    let hello = worker.hello().await?;
    let size = (hello.width, hello.height);
    ensure!(size == (WIDTH, HEIGHT) && hello.fps == f32::from(FPS), "{size:?} at {}", hello.fps);
    ensure!(hello.device.contains("vivid"), "device {:?}", hello.device);
    let first = worker.frame().await?;
    let mut last = first.at_ns;
    let mut seq = first.seq;
    let mut changed = false;
    for _ in 1..FRAMES {
        let frame = worker.frame().await?;
        ensure!(frame.seq > seq && frame.at_ns > last, "frame {} after {seq}", frame.seq);
        ensure!(frame.i420.len() == usize::from(WIDTH) * usize::from(HEIGHT) * 3 / 2, "{}", frame.i420.len());
        changed |= frame.i420 != first.i420;
        (seq, last) = (frame.seq, frame.at_ns);
    }
    ensure!(changed, "every frame is the same picture");
    // The test picture has colour bars: luma of one brightness only would be a wrong conversion.
    let luma = &first.i420[..usize::from(WIDTH) * usize::from(HEIGHT)];
    let (darkest, brightest) = luma.iter().fold((255, 0), |(low, high), y| (low.min(*y), high.max(*y)));
    ensure!(brightest - darkest > 100, "luma from {darkest} to {brightest}");
    let rate = f64::from(seq - first.seq) * 1e9 / (last - first.at_ns) as f64;
    ensure!((rate - f64::from(FPS)).abs() < f64::from(FPS) / 5.0, "{rate:.2} frames/s");
    worker.sent_away().await?;
    Ok(format!("{} {rate:.2} frames/s of {FPS}", hello.device))
}

async fn busy() -> anyhow::Result<String> {
    let mut first = Worker::start(vivid::NODE)?;
    first.hello().await?;
    first.frame().await?;
    let took = Worker::start(vivid::NODE)?.ends(BUSY, PATIENCE).await?;
    first.frame().await.context("the first opener is disturbed")?;
    Ok(took)
}

async fn lost() -> anyhow::Result<String> {
    let mut worker = Worker::start(vivid::NODE)?;
    worker.hello().await?;
    worker.frame().await?;
    vivid::disconnect()?;
    worker.ends(LOST, LEAVES_WITHIN).await
}

async fn again() -> anyhow::Result<String> {
    let mut worker = Worker::start(vivid::NODE)?;
    worker.hello().await?;
    worker.frame().await?;
    worker.sent_away().await
}

async fn stalled() -> anyhow::Result<String> {
    let mut worker = Worker::start(vivid::NODE)?;
    worker.hello().await?;
    worker.frame().await?;
    vivid::drop_frames(100)?;
    // Those that are on their way still come; then there is silence.
    let silence = async {
        while let Ok(frame) = timeout(Duration::from_secs(1), worker.frame()).await {
            frame?;
        }
        Ok::<(), anyhow::Error>(())
    };
    let silent = timeout(PATIENCE, silence).await;
    sleep(Duration::from_millis(100)).await;
    let away = worker.sent_away().await;
    vivid::drop_frames(0)?;
    silent.context("frames come although the driver drops all")??;
    away
}

async fn absent() -> anyhow::Result<String> {
    // The last opener may still be closing.
    until("vivid goes", async || vivid::unload("vivid").ok()).await?;
    let named = Worker::start(vivid::NODE)?.ends(ABSENT, PATIENCE).await;
    let mut any = Command::new(program("cam-worker")?).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    let stdin = any.stdin.take();
    let any = timeout(PATIENCE, any.wait()).await;
    drop(stdin);
    vivid::load()?;
    until("the camera is back", async || vivid::is_there().then_some(())).await?;
    match any.context("it waits")??.code() {
        Some(ABSENT) => named,
        other => bail!("without --device it ended with {other:?}"),
    }
}

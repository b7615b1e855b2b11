use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::sync::Arc;

use chit_runtime::Clock;
use serialport::{SerialPort as _, TTYPort};
use tokio::time::timeout;

use super::*;
use crate::domain::framer::Suffix;
use crate::domain::interpret::{Aim, Charset};
use crate::domain::profile::Profile;
use crate::domain::scan::{Source, What};
use crate::intake::Settings;
use crate::scans::Scans;
use crate::sources::Sources;

const DEADLINE: Duration = Duration::from_secs(10);

struct Desk {
    link: PathBuf,
    scans: Arc<Scans>,
    sources: Sources,
    shutdown: Shutdown,
    profile: Option<Profile>,
    _dir: tempfile::TempDir,
}

impl Desk {
    /// A driver that looks for a port nobody has plugged in yet.
    fn start(profile: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut desk = Self {
            link: dir.path().join("handheld"),
            scans: Arc::new(Scans::new(Clock::system()).unwrap()),
            sources: Sources::default(),
            shutdown: Shutdown::default(),
            profile: profile.map(|name| Profile::known(name).unwrap()),
            _dir: dir,
        };
        let shutdown = desk.shutdown.clone();
        desk.drive(shutdown);
        desk
    }

    fn drive(&mut self, shutdown: Shutdown) {
        let (device, commands) = self.sources.add_commanded("handheld", Source::Serial, self.profile.clone());
        let settings = Settings {
            suffix: Suffix::Auto,
            charset: Charset::Utf8,
            aim: Aim::Auto,
            debounce: Duration::ZERO,
        };
        let intake = Intake::new(device, Arc::clone(&self.scans), settings);
        let serial = Serial { port: self.link.clone(), baud: 115_200, commands, intake };
        tokio::spawn(serial.run(shutdown));
    }

    fn plug(&self) -> TTYPort {
        let (device, line) = TTYPort::pair().unwrap();
        symlink(line.name().unwrap(), &self.link).unwrap();
        device
    }

    async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let end = Instant::now() + DEADLINE;
        while !holds(self) {
            assert!(Instant::now() < end, "not within {DEADLINE:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn until_ready(&self, ready: bool) {
        self.until(|desk| desk.sources.devices().last().unwrap().health().ready == ready).await;
    }

    /// What came, as text; refusals by their reason.
    async fn events(&self, count: u64) -> Vec<String> {
        let mut newest = self.scans.subscribe();
        let seen = timeout(DEADLINE, newest.wait_for(|newest| *newest >= count)).await;
        seen.expect("events within the deadline").unwrap();
        let text = |what| match what {
            What::Scan(scan) => String::from_utf8(scan.code.bytes.0).unwrap(),
            What::Refused(refusal) => refusal.reason().to_owned(),
        };
        self.scans.after(0, 0).into_iter().map(|event| text(event.what)).collect()
    }
}

#[tokio::test]
async fn codes_come_through_a_serial_line_with_and_without_suffix() {
    let desk = Desk::start(None);
    let mut device = desk.plug();
    desk.until_ready(true).await;
    device.write_all(b"6901234567892").unwrap();
    assert_eq!(desk.events(1).await, ["6901234567892"]);
    device.write_all(b"HELLO\r\x00\x01\rWORLD\r").unwrap();
    assert_eq!(desk.events(4).await[1..], ["HELLO", "CODE_NOT_TEXT", "WORLD"]);
    let health = desk.sources.devices()[0].health();
    assert_eq!((health.scans, health.refusals, health.suffix), (3, 1, "none"));
}

#[tokio::test]
async fn an_unplugged_handheld_is_absent_and_found_again() {
    let desk = Desk::start(None);
    let mut device = desk.plug();
    desk.until_ready(true).await;
    device.write_all(b"69012").unwrap();
    desk.until(|desk| desk.scans.after(0, 0).is_empty()).await;
    drop(device);
    std::fs::remove_file(&desk.link).unwrap();
    desk.until_ready(false).await;
    assert!(desk.sources.devices()[0].health().remedy.contains("plug"));
    let mut device = desk.plug();
    let begun = Instant::now();
    desk.until_ready(true).await;
    assert!(begun.elapsed() < DEADLINE);
    device.write_all(b"1234\n").unwrap();
    desk.until(|desk| desk.scans.last_scan(0).is_some()).await;
    let all = desk.events(1).await;
    assert_eq!(all.last().unwrap(), "1234");
}

#[tokio::test]
async fn a_driver_that_went_away_does_not_lock_out_its_successor() {
    let mut desk = Desk::start(None);
    let mut device = desk.plug();
    desk.until_ready(true).await;
    desk.shutdown.trigger();
    desk.drive(Shutdown::default());
    desk.until_ready(true).await;
    device.write_all(b"1234\n").unwrap();
    assert_eq!(desk.events(1).await, ["1234"]);
}

#[tokio::test]
async fn commands_of_the_profile_reach_the_device_and_its_answer_is_no_scan() {
    let desk = Desk::start(Some("honeywell"));
    let mut device = desk.plug();
    desk.until_ready(true).await;
    desk.sources.devices()[0].commands.as_ref().unwrap().send(Command::Setup).await.unwrap();
    let wanted = b"\x16M\rSUFBK2990D!\x16M\rPREBK2995C81!\x16M\rBELBEP1!";
    let (device, heard) = tokio::task::spawn_blocking(move || {
        let mut heard = vec![0; wanted.len()];
        device.set_timeout(DEADLINE).unwrap();
        std::io::Read::read_exact(&mut device, &mut heard).unwrap();
        (device, heard)
    })
    .await
    .unwrap();
    assert_eq!(heard, wanted);
    let mut device = device;
    device.write_all(b"SUFBK2990D\x06!6901234567892\r").unwrap();
    device.write_all(b"4006381333931\r").unwrap();
    assert_eq!(desk.events(1).await.last().unwrap(), "4006381333931");
}

#[tokio::test]
async fn packets_of_zebra_are_read_and_acknowledged() {
    let desk = Desk::start(Some("zebra-ssi"));
    let mut device = desk.plug();
    desk.until_ready(true).await;
    let mut packet = vec![21, 0xf3, 0x00, 0x00, 0x0b];
    packet.extend(b"]E06901234567892");
    let sum = packet.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte))).wrapping_neg();
    packet.extend(sum.to_be_bytes());
    device.write_all(&packet).unwrap();
    assert_eq!(desk.events(1).await, ["6901234567892"]);
    let heard = tokio::task::spawn_blocking(move || {
        let mut heard = vec![0; 6];
        device.set_timeout(DEADLINE).unwrap();
        std::io::Read::read_exact(&mut device, &mut heard).unwrap();
        heard
    });
    assert_eq!(heard.await.unwrap(), [0x04, 0xd0, 0x04, 0x00, 0xff, 0x28]);
}

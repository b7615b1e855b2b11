//! The devices, as their services see them. A service that does not answer was reported before.

use std::path::Path;
use std::time::Duration;

use chit_proto::media_capture::v1::media_capture_service_client::MediaCaptureServiceClient;
use chit_proto::media_capture::v1::{
    AudioState, CameraState, GetDeviceStatusRequest, GetDeviceStatusResponse,
};
use chit_proto::printer::v1::printer_service_client::PrinterServiceClient;
use chit_proto::printer::v1::{self as printer, PrinterCondition, PrinterStatus};
use chit_proto::scanner::v1::scanner_service_client::ScannerServiceClient;
use chit_proto::scanner::v1::{self as scanner, ScanSource, SourceState};
use chit_proto::sms_gateway::v1::sms_gateway_service_client::SmsGatewayServiceClient;
use chit_proto::sms_gateway::v1::{GetModemRequest, Modem, ModemState};
use chit_runtime::Shared;

use super::{Check, Level, setting};
use crate::shop::ask;

const DEADLINE: Duration = Duration::from_secs(2);
/// A sale's evidence has some 5 MB: room for 200 sales.
const FREE_BYTES_MIN: u64 = 1 << 30;
/// A SIM that is nearly full soon takes no replies.
const STORAGE_FREE_MIN: u32 = 3;
/// A message may wait two minutes between its time stamp and the modem.
const CLOCK_OFF_MAX_S: i64 = 150;

/// `require_photo`, the default, and `require_video` do.
pub fn sales_need_camera(config: &Path) -> bool {
    setting(config, "checkout", "evidence_policy").is_none_or(|policy| policy != "best_effort")
}

pub async fn check(shared: &Shared, answering: &[&str], needs_camera: bool) -> Vec<Check> {
    let channel = |service| answering.contains(&service).then(|| chit_runtime::channel(shared, service));
    let mut checks = Vec::new();
    if let Some(client) = channel("printer").map(PrinterServiceClient::new)
        && let Ok(answer) = ask!(client.get_status(printer::GetStatusRequest {}), DEADLINE).await
    {
        checks.extend(printer_checks(&answer.status.unwrap_or_default()));
    }
    if let Some(client) = channel("media-capture").map(MediaCaptureServiceClient::new)
        && let Ok(media) = ask!(client.get_device_status(GetDeviceStatusRequest {}), DEADLINE).await
    {
        checks.extend(media_checks(&media, needs_camera));
    }
    if let Some(client) = channel("scanner").map(ScannerServiceClient::new)
        && let Ok(answer) = ask!(client.get_status(scanner::GetStatusRequest {}), DEADLINE).await
    {
        checks.extend(scanner_checks(&answer));
    }
    if let Some(client) = channel("sms-gateway").map(SmsGatewayServiceClient::new)
        && let Ok(answer) = ask!(client.get_modem(GetModemRequest {}), DEADLINE).await
    {
        checks.extend(modem_checks(&answer.modem.unwrap_or_default()));
    }
    checks
}

fn printer_checks(status: &PrinterStatus) -> Vec<Check> {
    let condition = status.condition();
    let found = format!("{}, {}", short(condition.as_str_name(), "PRINTER_CONDITION_"), status.link);
    let step = match condition {
        PrinterCondition::Ready => "",
        PrinterCondition::PaperOut => "insert a new roll; printing continues by itself",
        PrinterCondition::CoverOpen => "close the cover",
        PrinterCondition::CutterError => "switch the printer off, free the cutter, switch it on",
        PrinterCondition::Overheated => "let the print head cool down; printing continues by itself",
        PrinterCondition::Offline => "check its power and cable, and [printer] of the configuration",
        PrinterCondition::Error | PrinterCondition::Unspecified => "switch the printer off and on",
    };
    let level = if step.is_empty() { Level::Ok } else { Level::Fail };
    let mut checks = vec![Check::new(level, "receipt printer", found, step)];
    if status.paper_near_end {
        checks.push(Check::new(Level::Warn, "paper", "the roll is nearly used up", "lay a new roll ready"));
    }
    if status.jobs_in_doubt > 0 {
        let found = format!("{} receipts in doubt", status.jobs_in_doubt);
        let step = "look at the paper, then `chit sale resolve-receipt`; `chit status` names the sales";
        checks.push(Check::new(Level::Warn, "receipts", found, step));
    }
    checks
}

fn media_checks(media: &GetDeviceStatusResponse, needs_camera: bool) -> Vec<Check> {
    let camera = media.camera();
    let found = format!("{} {}", short(camera.as_str_name(), "CAMERA_STATE_"), media.camera_id);
    let step = match camera {
        CameraState::Streaming => "",
        CameraState::Paused => "wait: a code card is being printed",
        CameraState::Opening | CameraState::Backoff | CameraState::Stalled => "wait a moment, then ask again",
        CameraState::Absent | CameraState::Unspecified => {
            "plug it in; until then a sale is only released by `chit sale override-evidence`"
        }
    };
    let level = match camera {
        CameraState::Streaming => Level::Ok,
        CameraState::Paused | CameraState::Opening => Level::Warn,
        // No sale is released without an override meanwhile.
        _ if needs_camera => Level::Fail,
        _ => Level::Warn,
    };
    let sound = match (media.microphone(), media.speaker()) {
        (AudioState::MicOff, AudioState::SpeakerPresent) => "MIC_OFF, SPEAKER_PRESENT".to_owned(),
        (microphone, speaker) => format!(
            "{}, {} (not needed for a sale)",
            short(microphone.as_str_name(), "AUDIO_STATE_"),
            short(speaker.as_str_name(), "AUDIO_STATE_")
        ),
    };
    let mut checks = vec![Check::new(level, "camera", found.trim_end(), step), Check::ok("sound", sound)];
    if media.free_bytes < FREE_BYTES_MIN {
        let found = format!("{} MB free for evidence", media.free_bytes >> 20);
        checks.push(Check::new(Level::Warn, "disk", found, "make room: without it sales have no video"));
    }
    checks
}

fn scanner_checks(status: &scanner::GetStatusResponse) -> Vec<Check> {
    let handhelds = || status.devices.iter().filter(|device| device.source() != ScanSource::Camera);
    let state = match handhelds().map(|device| device.state()).max() {
        // READY is the highest: one handheld is enough.
        Some(best) => best,
        None => status.serial(),
    };
    let handheld = match state {
        SourceState::Ready => {
            let found = "READY; mind: a laser handheld reads goods only, payers' QR codes need a 2D handheld or the camera";
            Check::ok("handheld", found)
        }
        SourceState::Off => {
            let found = "OFF: none is configured";
            let step = "set `port`, `keyboard` or `hid_pos` in [scanner] to a 2D handheld (a laser handheld reads goods only), or type goods";
            Check::new(Level::Warn, "handheld", found, step)
        }
        SourceState::Absent | SourceState::Unspecified => {
            let remedy = handhelds().map(|device| device.remedy.as_str()).find(|remedy| !remedy.is_empty());
            let step =
                remedy.unwrap_or("plug it in and set it to the mode that [scanner] names, by its manual");
            Check::new(
                Level::Warn,
                "handheld",
                "ABSENT",
                format!("{step}; a laser handheld reads goods only"),
            )
        }
    };
    let mut checks = vec![handheld];
    for device in &status.devices {
        if device.refusals > 0 || !device.remark.is_empty() {
            let found = format!(
                "{}: {} of {} codes were refused",
                device.name,
                device.refusals,
                device.refusals + device.scans
            );
            let step = match device.remark.as_str() {
                "" => "see what it sends with `chit scanner test`",
                remark => remark,
            };
            checks.push(Check::new(Level::Warn, "scanner", found, step));
        }
    }
    if status.camera() != SourceState::Ready {
        let found = "no frames reach the QR reader";
        checks.push(Check::new(
            Level::Warn,
            "camera reading",
            found,
            "see the camera above; use the 2D handheld",
        ));
    }
    checks
}

fn modem_checks(modem: &Modem) -> Vec<Check> {
    let state = modem.state();
    let found = format!("{} {} {}", short(state.as_str_name(), "MODEM_STATE_"), modem.model, modem.port);
    let step = match state {
        ModemState::Ready => "",
        ModemState::Opening | ModemState::Degraded => "wait a moment, then ask again",
        ModemState::Absent | ModemState::Unspecified => "plug it in, or check `port` in [sms-gateway]",
        ModemState::SimLocked => "check the SIM's PIN in the configuration",
        ModemState::SimPuk => "take the SIM out and unlock it with its PUK in a phone",
        ModemState::NoNetwork => "move the antenna, or wait for the network; sales continue, deductions wait",
        ModemState::Failed => match modem.trouble.as_str() {
            "NO_STORAGE" => "put in a SIM with SMS storage, or take another modem: no reply can come",
            "SIM_SWAPPED" => "put the old SIM back, or `chit sms modem accept-sim` if the new one is right",
            "NO_SIM" => "put in a SIM",
            _ => "unplug the modem and plug it in again",
        },
    };
    let level = match (step, modem.trouble.as_str()) {
        ("", _) => Level::Ok,
        (_, "NO_STORAGE") => Level::Fail,
        _ => Level::Warn,
    };
    let mut checks = vec![Check::new(level, "modem", found.trim_end(), step)];
    if modem.storage_total > 0 && modem.storage_total.saturating_sub(modem.storage_used) < STORAGE_FREE_MIN {
        let found = format!("{} of {} SMS slots are used", modem.storage_used, modem.storage_total);
        checks.push(Check::new(
            Level::Warn,
            "SIM storage",
            found,
            "delete old SMS: a full SIM takes no replies",
        ));
    }
    if modem.reports_missing && state == ModemState::Ready {
        let found = "the modem hands over none: each message ends as REPORT_TIMEOUT after 25 hours";
        let step = "take a modem that does, or mind that nobody turns bad without a delivered challenge";
        checks.push(Check::new(Level::Warn, "delivery reports", found, step));
    }
    if modem.credit_low {
        let found = format!("{} are left on the SIM", modem.credit);
        checks.push(Check::new(
            Level::Warn,
            "SIM credit",
            found,
            "top it up: without credit nothing is asked",
        ));
    } else if !modem.credit.is_empty() {
        checks.push(Check::ok("SIM credit", modem.credit.clone()));
    }
    checks.extend(clock_check(modem));
    if modem.unknown > 0 {
        let found = format!("{} SMS may or may not have been sent", modem.unknown);
        checks.push(Check::new(Level::Warn, "SMS", found, "ask their payers; `chit status` names the sales"));
    }
    checks
}

/// Deductions, quiet hours and deadlines go by this machine's clock.
fn clock_check(modem: &Modem) -> Option<Check> {
    let clock = modem.network_clock.as_ref()?;
    let (network, local) = (clock.network_time?.seconds, clock.local_time?.seconds);
    let behind = network - local;
    if behind.abs() <= CLOCK_OFF_MAX_S {
        return None;
    }
    let way = if behind > 0 { "behind" } else { "ahead of" };
    let found = format!("{} s {way} the mobile network's ({})", behind.abs(), clock.source);
    Some(Check::new(Level::Warn, "clock", found, "set the clock, or let systemd-timesyncd do it"))
}

fn short<'a>(name: &'a str, prefix: &str) -> &'a str {
    name.strip_prefix(prefix).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chit_proto::sms_gateway::v1::NetworkClock;

    fn worst(checks: &[Check]) -> Level {
        checks.iter().map(|check| check.level).max().unwrap()
    }

    #[test]
    fn every_bad_state_of_a_device_has_a_next_step() {
        let printers = (0..=7).map(|n| printer_checks(&PrinterStatus { condition: n, ..Default::default() }));
        let cameras = (0..=6)
            .map(|n| media_checks(&GetDeviceStatusResponse { camera: n, ..Default::default() }, n % 2 == 0));
        let modems = (0..=8).map(|n| modem_checks(&Modem { state: n, ..Default::default() }));
        let scanners = (0..=3).map(|n| {
            scanner_checks(&scanner::GetStatusResponse {
                serial: n,
                devices: vec![refusing(n)],
                ..Default::default()
            })
        });
        for check in printers.chain(cameras).chain(modems).chain(scanners).flatten() {
            assert_eq!(check.next_step.is_empty(), check.level == Level::Ok, "{check:?}");
        }
    }

    #[test]
    fn a_camera_that_is_away_fails_where_sales_need_its_photo() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("chit.toml");
        for (text, level) in [
            ("", Level::Fail),
            ("[checkout]\nevidence_policy = \"require_video\"\n", Level::Fail),
            ("[checkout]\nevidence_policy = \"best_effort\"\n", Level::Warn),
        ] {
            std::fs::write(&config, text).unwrap();
            let away = GetDeviceStatusResponse { camera: CameraState::Absent.into(), ..Default::default() };
            let checks = media_checks(&away, sales_need_camera(&config));
            let camera = checks.iter().find(|check| check.what == "camera").unwrap();
            assert_eq!(camera.level, level, "{text}");
        }
    }

    /// A handheld in some state, of which every second code was refused.
    fn refusing(state: i32) -> scanner::DeviceStatus {
        let remark = if state == 3 { "set it to 8N1" } else { "" };
        scanner::DeviceStatus { state, scans: 1, refusals: 1, remark: remark.into(), ..Default::default() }
    }

    #[test]
    fn a_scanner_that_poses_as_a_keyboard_is_a_handheld_too() {
        let keyboard = scanner::DeviceStatus {
            source: ScanSource::Keyboard.into(),
            state: SourceState::Ready.into(),
            ..Default::default()
        };
        let status = scanner::GetStatusResponse { devices: vec![keyboard], ..Default::default() };
        assert_eq!(scanner_checks(&status)[0].level, Level::Ok);
        let remarks = scanner::GetStatusResponse { devices: vec![refusing(3)], ..Default::default() };
        assert!(scanner_checks(&remarks).iter().any(|check| check.next_step == "set it to 8N1"));
    }

    #[test]
    fn without_a_printer_nothing_is_sold_and_without_a_modem_deductions_wait() {
        let out = PrinterStatus { condition: PrinterCondition::PaperOut.into(), ..Default::default() };
        assert_eq!(worst(&printer_checks(&out)), Level::Fail);
        assert_eq!(worst(&modem_checks(&Modem::default())), Level::Warn);
    }

    #[test]
    fn a_modem_that_can_hold_no_reply_fails_and_its_quieter_troubles_are_told() {
        let state = ModemState::Failed.into();
        let roomless = Modem { state, trouble: "NO_STORAGE".into(), ..Default::default() };
        assert_eq!(worst(&modem_checks(&roomless)), Level::Fail);
        let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let clock = |off: i64| NetworkClock {
            network_time: time(1000 + off),
            local_time: time(1000),
            source: "NITZ".into(),
        };
        let ready = Modem { state: ModemState::Ready.into(), ..Default::default() };
        for (modem, level) in [
            (Modem { reports_missing: true, ..ready.clone() }, Level::Warn),
            (Modem { credit: "1.00".into(), credit_low: true, ..ready.clone() }, Level::Warn),
            (Modem { credit: "9.00".into(), ..ready.clone() }, Level::Ok),
            (Modem { network_clock: Some(clock(3600)), ..ready.clone() }, Level::Warn),
            (Modem { network_clock: Some(clock(-20)), ..ready.clone() }, Level::Ok),
        ] {
            assert_eq!(worst(&modem_checks(&modem)), level, "{modem:?}");
        }
    }

    #[test]
    fn the_handheld_s_line_says_that_a_laser_reads_goods_only() {
        for state in [SourceState::Ready, SourceState::Off, SourceState::Absent] {
            let status = scanner::GetStatusResponse { serial: state.into(), ..Default::default() };
            let handheld = &scanner_checks(&status)[0];
            assert!(format!("{handheld:?}").contains("laser handheld reads goods only"), "{handheld:?}");
        }
    }
}

//! Microphone and speaker, with workers at the far end of the sound pipe.

use chit_media_capture::device::time::monotonic_ns;
use chit_media_capture::domain::sound_pipe::{Header, Hello};
use chit_proto::media_capture::v1::*;
use chit_runtime::error::reason_of;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;

use crate::rig::{Camera, DEADLINE, RECORDING, Rig, SALE};
use crate::{two_fragments, verified};

/// Hears a hum through a FIFO for so many pieces of 20 ms a worker, then is pulled.
fn microphone(fifo: &Path, pieces_a_worker: usize) -> String {
    rustix::fs::mkfifoat(rustix::fs::CWD, fifo, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    let worker = format!(r#"["sh", "-c", "exec cat {}"]"#, fifo.display());
    let fifo = fifo.to_owned();
    std::thread::spawn(move || {
        while let Ok(mut pipe) = fs::OpenOptions::new().write(true).open(&fifo) {
            let mut written = pipe.write_all(&Hello::encode(48_000, "test microphone"));
            for _ in 0..pieces_a_worker {
                if written.is_err() {
                    break;
                }
                let header = Header { monotonic_ns: monotonic_ns() - 20_000_000, xruns: 1, samples: 960 };
                let samples: Vec<u8> =
                    (0..960).flat_map(|at| (((at % 48) * 200) as i16).to_le_bytes()).collect();
                written = pipe.write_all(&header.encode()).and_then(|()| pipe.write_all(&samples));
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    });
    worker
}

async fn with_sound(pieces_a_worker: usize) -> (Rig, Camera) {
    let dir = tempfile::tempdir().unwrap();
    let (camera, worker) = Camera::at(&dir.path().join("camera"), "test camera");
    let sound_worker = microphone(&dir.path().join("microphone"), pieces_a_worker);
    let keys = format!("worker = {worker}\nsound = true\nsound_worker = {sound_worker}");
    let mut rig = Rig::start(dir, &keys).await;
    rig.wait_for_camera(CameraState::Streaming).await;
    let heard = async {
        loop {
            let status = rig.client.get_device_status(GetDeviceStatusRequest {}).await.unwrap().into_inner();
            // The probe of the sound cards takes a moment; what flows is there.
            if status.microphone() == AudioState::MicOn {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(DEADLINE, heard).await.expect("the microphone is heard");
    (rig, camera)
}

async fn sale(rig: &mut Rig) -> Manifest {
    rig.begin(RECORDING, SALE).await;
    rig.photo(RECORDING, PhotoKind::PayerAndGoods).await;
    rig.goods(RECORDING, b"goods").await.unwrap();
    two_fragments(rig, RECORDING).await;
    two_fragments(rig, RECORDING).await;
    rig.watch_until(RECORDING, |recording| recording.fragments >= 5).await;
    rig.stop(RECORDING, 0).await;
    let sealed = rig.until_sealed(RECORDING).await;
    assert_eq!(sealed.state(), RecordingState::Sealed, "sound is never what makes a bundle PARTIAL");
    verified(rig, SALE).await.0
}

#[tokio::test]
async fn sound_is_the_second_track_of_the_film_and_the_manifest_says_what_it_holds() {
    let (mut rig, _camera) = with_sound(usize::MAX).await;
    let manifest = sale(&mut rig).await;
    assert!(manifest.policy.as_ref().unwrap().sound);
    let file = manifest.files.iter().find(|file| file.name == "video.mp4").unwrap();
    let sound = file.sound.as_ref().expect("a sound track");
    assert_eq!(
        (&*sound.codec, sound.sample_rate, &*sound.microphone_id),
        ("Opus", 48_000, "test microphone")
    );
    let track = file.video.as_ref().unwrap();
    let film_ms = (track.last_frame_monotonic_ns - track.first_frame_monotonic_ns) / 1_000_000;
    let sound_ms = u64::from(sound.packet_count) * 20;
    assert!(sound_ms.abs_diff(film_ms) < 400, "{sound_ms} ms of sound, {film_ms} ms of film");
    assert!(manifest.sound_gaps.is_empty(), "{:?}", manifest.sound_gaps);
}

#[tokio::test]
async fn a_microphone_that_is_lost_is_a_gap_and_never_a_lost_clip() {
    let (mut rig, _camera) = with_sound(60).await;
    let manifest = sale(&mut rig).await;
    assert!(!manifest.sound_gaps.is_empty());
    let reason = &*manifest.sound_gaps[0].reason;
    assert!(reason == "microphone_lost" || reason == "microphone_absent", "{reason}");
}

#[tokio::test]
async fn the_speaker_says_a_sum_in_both_languages_and_refuses_what_it_cannot_say() {
    let dir = tempfile::tempdir().unwrap();
    let said = dir.path().join("said");
    let keys = format!(
        "worker = [\"sh\", \"-c\", \"exit 3\"]\nspeaker = true\n\
         speaker_worker = [\"sh\", \"-c\", \"cat >> {}\"]",
        said.display()
    );
    let mut rig = Rig::start(dir, &keys).await;
    let request = |language: &str, amount_minor| AnnounceRequest {
        prompt: Prompt::Recorded.into(),
        amount_minor,
        currency_code: "CNY".into(),
        language: language.into(),
        text: String::new(),
    };
    let mut length_ms = 0;
    for language in ["zh-CN", "en"] {
        let answer = async {
            loop {
                match rig.station.announce(request(language, 1_250)).await {
                    Ok(answer) => return answer.into_inner().length_ms,
                    Err(status) => assert_eq!(reason_of(&status).as_deref(), Some("SPEAKER_BUSY")),
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        length_ms += timeout(DEADLINE, answer).await.expect("it speaks");
    }
    let all_said = async {
        while fs::metadata(&said).map_or(0, |meta| meta.len()) < u64::from(length_ms) * 96 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(DEADLINE, all_said).await.expect("every sample reaches the speaker");
    assert!(length_ms > 2_000, "{length_ms} ms");
    for (bad, reason) in [
        (request("fr", 1), "INVALID_LANGUAGE"),
        (request("en", -1), "INVALID_AMOUNT"),
        (AnnounceRequest { currency_code: "XYZ".into(), ..request("en", 1) }, "INVALID_AMOUNT"),
        (AnnounceRequest { prompt: 0, ..request("en", 1) }, "INVALID_PROMPT"),
    ] {
        let refused = async {
            loop {
                let refused = rig.station.announce(bad.clone()).await.unwrap_err();
                if reason_of(&refused).as_deref() != Some("SPEAKER_BUSY") {
                    return reason_of(&refused);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert_eq!(timeout(DEADLINE, refused).await.unwrap().as_deref(), Some(reason));
    }
}

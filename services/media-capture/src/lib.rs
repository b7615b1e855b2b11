//! Films a sale, takes its photos and seals them with the goods.

mod api;
pub mod config;
pub mod device;
pub mod domain;
pub mod evidence;
pub mod listener;
mod player;
mod redact;
mod store;
mod studio;
pub mod worker;

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use chit_proto::media_capture::v1::evidence_service_server::EvidenceServiceServer;
use chit_proto::media_capture::v1::media_capture_service_server::MediaCaptureServiceServer;
use chit_proto::media_capture::v1::station_service_server::StationServiceServer;
use chit_runtime::{ConfigError, Context, HealthHandle, Pulse, Server};
use ed25519_dalek::SigningKey;
use jiff::tz::TimeZone;
use tokio::sync::watch;

use config::Config;
use device::camera::{CameraState, Cameras, CamerasState};
use device::captions::Captions;
use device::encoder::{OpenH264, VideoEncoder};
use device::engine::{Engine, Views};
use device::engine_queue::EngineQueue;
use device::eye::Eye;
use device::microphone::{Microphone, MicrophoneState};
use domain::caption::Place;
use domain::frame_pipe::Hello;
use evidence::film_keys::FilmKeys;
use evidence::keys::Keepers;
use studio::{Desk, Equipment, Order, Studio, StudioSettings};

/// A health entry of its own: the service is fine while every camera is away.
const CAMERA_HEALTH: &str = "chit.media_capture.v1.Camera";
pub const KEY_FILE: &str = "media-device.key";
pub const EVIDENCE_KEY_FILE: &str = "evidence.key";

pub async fn run(ctx: Context, config: Config) -> anyhow::Result<()> {
    let cameras = config.cameras()?;
    let state_dir = ctx.shared.state_of(ctx.service);
    let evidence = state_dir.join("evidence");
    std::fs::create_dir_all(&evidence).with_context(|| format!("cannot create {}", evidence.display()))?;
    let seed = ctx.shared.key(EVIDENCE_KEY_FILE)?;
    let keepers = Arc::new(Keepers::new(&seed, &config.arbiter).map_err(|error| usage(error.into()))?);
    let film_keys = Arc::new(FilmKeys::open(&state_dir.join("film-keys")).context("film-keys")?);

    let (eye, views, engine) = (Eye::default(), Views::default(), EngineQueue::default());
    start_engine(&ctx, &config, &eye, &views, &engine)?;
    let microphone = watch::Sender::new(MicrophoneState::default());

    let (studio, orders) = Studio::new();
    let equipment = Equipment {
        settings: settings(&ctx, &config, &evidence, &cameras),
        store: store::Store::open(&state_dir.join("media-capture.redb")).context("media-capture.redb")?,
        key: device_key(&ctx)?,
        clock: ctx.clock.clone(),
        engine: engine.clone(),
        microphone: microphone.subscribe(),
        keepers: keepers.clone(),
        film_keys: film_keys.clone(),
    };
    let logged = watch::Sender::new(());
    let desk = Desk::new(equipment, studio.clone(), logged.clone());
    spawn("recordings", move || desk.run(orders))?;

    let state = watch::Sender::new(CamerasState::new(&cameras));
    let cameras = Cameras {
        settings: cameras,
        engine: engine.clone(),
        eye: eye.clone(),
        state: state.clone(),
        clips: views.clips.subscribe(),
        shutdown: ctx.shutdown.clone(),
    };
    let cameras = tokio::spawn(cameras.run());
    listen(&ctx, &config, &engine, &microphone)?;
    let health = HealthHandle::new();
    let reporter = tokio::spawn(report_health(health.clone(), state.subscribe()));
    let sound = Arc::new(OnceLock::new());
    let heard = sound.clone();
    spawn("sound", move || {
        // Unanswered means unknown, and the status says so.
        let _ = device::sound::probe().map(|found| heard.set(found));
    })?;

    let pulse = pulse(studio.clone());
    let api = api::Api::new(api::Parts {
        studio,
        engine: engine.clone(),
        eye,
        views,
        camera: state.subscribe(),
        microphone: microphone.subscribe(),
        captions: Arc::new(Mutex::new(captions(&ctx, &config)?)),
        clock: ctx.clock.clone(),
        evidence,
        keepers,
        film_keys,
        sound,
        speaker: speaker(&ctx, &config)?,
        postroll: Duration::from_millis(config.postroll_ms.into()),
        preroll_max_ms: config.preroll_ram_s as u32 * 1000,
        paper_wait: Duration::from_millis(config.paper_wait_ms),
        logged,
        exporting: Arc::default(),
    });
    let served = Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET)
        .calls(api::CALLS)
        .pulse(pulse)
        .health(health)
        .add(EvidenceServiceServer::new(api.clone()))
        .add(StationServiceServer::new(api.clone()))
        .add(MediaCaptureServiceServer::new(api))
        .run()
        .await;
    ctx.shutdown.trigger();
    reporter.abort();
    cameras.await.context("the cameras' keeper")?;
    engine.close();
    served
}

async fn report_health(health: HealthHandle, mut cameras: watch::Receiver<CamerasState>) {
    loop {
        health.set(CAMERA_HEALTH, cameras.borrow_and_update().active_state() == CameraState::Streaming);
        if cameras.changed().await.is_err() {
            return;
        }
    }
}

/// The desk owns store and files; behind it nothing is recorded.
fn pulse(studio: Studio) -> Pulse {
    Pulse::new("recordings' desk", move || {
        let studio = studio.clone();
        async move {
            let _ = studio.ask(|reply| Order::Running { reply }).await;
        }
    })
}

fn usage(error: anyhow::Error) -> ConfigError {
    ConfigError::Usage(error.to_string())
}

fn settings(
    ctx: &Context,
    config: &Config,
    evidence: &Path,
    cameras: &[device::camera::CameraSettings],
) -> StudioSettings {
    StudioSettings {
        evidence: evidence.to_owned(),
        preroll_ms: config.preroll_ms,
        clip_max: Duration::from_millis(config.max_ms),
        goods_wait: Duration::from_millis(config.goods_wait_ms),
        clock_source: if ctx.shared.sandbox { "sandbox" } else { "system" },
        retention: config.profile(),
        masks: cameras.iter().map(|camera| (camera.name.clone(), camera.masks.clone())).collect(),
        sound: config.sound,
        disk_cap_bytes: config.disk_cap_mb * 1024 * 1024,
        // A sandbox's clock jumps, and who moved it waits for what follows.
        look_every: Duration::from_secs(if ctx.shared.sandbox { 1 } else { 60 }),
    }
}

fn zone(ctx: &Context) -> anyhow::Result<TimeZone> {
    let name = &ctx.shared.time_zone;
    TimeZone::get(name).with_context(|| format!("[chit] time_zone: {name} is no IANA name"))
}

fn captions(ctx: &Context, config: &Config) -> anyhow::Result<Captions> {
    let place = Place { shop: config.shop_name.clone(), till: config.till.clone(), zone: zone(ctx)? };
    Ok(Captions::new(&config.font, place, ctx.clock.clone()))
}

fn start_engine(
    ctx: &Context,
    config: &Config,
    eye: &Eye,
    views: &Views,
    inputs: &EngineQueue,
) -> anyhow::Result<()> {
    let (bitrate_kbps, preroll_s, inputs) = (config.bitrate_kbps, config.preroll_ram_s, inputs.clone());
    let (eye, views, captions) = (eye.clone(), views.clone(), captions(ctx, config)?);
    spawn("encoder", move || {
        let make = move |camera: &str, hello: &Hello| {
            let encoder = OpenH264::new(bitrate_kbps, camera, hello.fps(), &hello.device_id)?;
            Ok(Box::new(encoder) as Box<dyn VideoEncoder>)
        };
        Engine::new(Box::new(make), eye, views, Some(captions), preroll_s).run(&inputs);
    })
}

fn speaker(ctx: &Context, config: &Config) -> anyhow::Result<api::Speaker> {
    Ok(api::Speaker {
        worker: config.player()?,
        volume_percent: config.speaker_volume_percent,
        quiet: config.quiet_hours()?,
        zone: zone(ctx)?,
        turn: Arc::default(),
    })
}

/// Only where the shop wants sound.
fn listen(
    ctx: &Context,
    config: &Config,
    engine: &EngineQueue,
    state: &watch::Sender<MicrophoneState>,
) -> anyhow::Result<()> {
    if config.sound {
        let microphone = Microphone {
            worker: config.listener()?,
            engine: engine.clone(),
            state: state.clone(),
            shutdown: ctx.shutdown.clone(),
        };
        tokio::spawn(microphone.run());
    }
    Ok(())
}

fn device_key(ctx: &Context) -> anyhow::Result<SigningKey> {
    let seed = ctx.shared.key(KEY_FILE)?;
    let seed: [u8; 32] = seed.try_into().map_err(|seed: Vec<u8>| {
        anyhow::anyhow!("{KEY_FILE} has {} bytes; an Ed25519 seed has 32", seed.len())
    })?;
    Ok(SigningKey::from_bytes(&seed))
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> anyhow::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work)?;
    Ok(())
}

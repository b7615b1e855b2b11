//! Films a sale, takes its photos and seals them with the goods.

mod api;
pub mod config;
pub mod device;
pub mod domain;
mod evidence;
mod store;
mod studio;
pub mod worker;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use chit_proto::media_capture::v1::media_capture_service_server::MediaCaptureServiceServer;
use chit_runtime::{ConfigError, Context, Server};
use ed25519_dalek::SigningKey;
use tokio::sync::{mpsc, watch};

use config::Config;
use device::camera::{Camera, CameraState};
use device::encoder::{OpenH264, VideoEncoder};
use device::engine::{ENGINE_QUEUE_MAX, Engine, Views};
use studio::{Desk, Equipment, Studio, StudioSettings};

pub const KEY_FILE: &str = "media-device.key";

pub async fn run(ctx: Context, config: Config) -> anyhow::Result<()> {
    config.check().map_err(|error| ConfigError::Usage(error.to_string()))?;
    let camera = config.camera()?;
    let state_dir = ctx.shared.state_of(ctx.service);
    let evidence = state_dir.join("evidence");
    std::fs::create_dir_all(&evidence).with_context(|| format!("cannot create {}", evidence.display()))?;

    let views = Views::default();
    let (engine, engine_inbox) = mpsc::channel(ENGINE_QUEUE_MAX);
    let (bitrate_kbps, preroll_ram_s, engine_views) =
        (config.bitrate_kbps, config.preroll_ram_s, views.clone());
    spawn("encoder", move || {
        let make = move |hello: &domain::frame_pipe::Hello| {
            let encoder = OpenH264::new(bitrate_kbps, hello.fps(), &hello.device_id)?;
            Ok(Box::new(encoder) as Box<dyn VideoEncoder>)
        };
        Engine::new(Box::new(make), engine_views, preroll_ram_s).run(engine_inbox);
    })?;

    let (studio, orders) = Studio::new();
    let equipment = Equipment {
        settings: StudioSettings {
            evidence: evidence.clone(),
            preroll_ms: config.preroll_ms,
            clip_max: Duration::from_millis(config.max_ms),
            goods_wait: Duration::from_millis(config.goods_wait_ms),
            clock_source: if ctx.shared.sandbox { "sandbox" } else { "system" },
        },
        store: store::Store::open(&state_dir.join("media-capture.redb")).context("media-capture.redb")?,
        key: device_key(&ctx)?,
        clock: ctx.clock.clone(),
        engine: engine.clone(),
    };
    let desk = Desk::new(equipment, studio.clone());
    spawn("recordings", move || desk.run(orders))?;

    let state = watch::Sender::new(CameraState::Opening);
    let camera = Camera {
        settings: camera,
        engine: engine.clone(),
        state: state.clone(),
        shutdown: ctx.shutdown.clone(),
    };
    let camera = tokio::spawn(camera.run());
    let sound = Arc::new(OnceLock::new());
    let heard = sound.clone();
    spawn("sound", move || {
        // Unanswered means unknown, and the status says so.
        let _ = device::sound::probe().map(|found| heard.set(found));
    })?;

    let api = api::Api::new(api::Parts {
        studio,
        engine,
        views,
        camera: state,
        clock: ctx.clock.clone(),
        evidence,
        sound,
        postroll: Duration::from_millis(config.postroll_ms.into()),
        preroll_max_ms: preroll_ram_s as u32 * 1000,
    });
    let served = Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET)
        .add(MediaCaptureServiceServer::new(api))
        .run()
        .await;
    ctx.shutdown.trigger();
    camera.await.context("the camera's keeper")?;
    served
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

//! The virtual desk: everything in the shop that is not the till, on one page. The payers' phones and papers, the
//! camera's picture, the handheld, four faults, the clock, and the money. Served by the demo only: it holds PINs and cards.
//!
//! It looks at the far ends of the wires (what the printer put on paper, what the modem gave to the network) and asks
//! the services as any other client does; a POST changes something there, and what changed comes back over events.

mod acts;
mod assets;
mod follow;
mod guard;
mod money;
mod pages;
mod papers;
mod phone;
mod picture;
mod scene;
mod view;
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use chit_runtime::Clock;
use jiff::tz::TimeZone;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, watch};

use crate::control::Control;
use crate::desk::Desk;
use crate::house::House;
use picture::Camera;
use scene::Scene;

pub struct VirtualDesk {
    desk: Desk,
    modem: Control,
    handheld: Control,
    printer: Control,
    camera: Control,
    papers: PathBuf,
    /// The phones on the desk, kept from run to run.
    kept: PathBuf,
    till_url: String,
    clock: Clock,
    zone: TimeZone,
    view: Camera,
    scene: watch::Sender<Arc<Scene>>,
    /// One button at a time: two enrolments at once would be two people.
    acting: Mutex<()>,
}

impl VirtualDesk {
    pub async fn at(house: &House, till_url: String) -> anyhow::Result<Arc<Self>> {
        let simulators = &house.simulators;
        let kept = house.place.root().join("desk.json");
        let scene = Scene::recalled(&kept);
        Ok(Arc::new(Self {
            desk: Desk::at(house).await?,
            modem: simulators.modem.clone(),
            handheld: simulators.handheld.clone(),
            printer: simulators.printer.clone(),
            camera: simulators.camera.clone(),
            papers: house.place.papers(),
            kept,
            till_url,
            clock: Clock::of(&house.shared),
            zone: TimeZone::get(&house.shared.time_zone)?,
            view: Camera::default(),
            scene: watch::Sender::new(Arc::new(scene)),
            acting: Mutex::default(),
        }))
    }

    /// Serves the page until this future is dropped.
    pub async fn serve(self: &Arc<Self>, listener: TcpListener) -> anyhow::Result<()> {
        let pages = pages::router(self.clone());
        tokio::select! {
            served = axum::serve(listener, pages) => Ok(served?),
            ended = follow::events(self) => ended,
            ended = follow::papers(self) => ended,
            ended = phone::read(self) => ended,
        }
    }

    /// Of a member of staff, as the guide shows it.
    fn pin_of(&self, name: &str) -> String {
        self.desk.pins.approval(name).map(|approval| approval.pin).unwrap_or_default()
    }

    fn scene(&self) -> Arc<Scene> {
        self.scene.borrow().clone()
    }

    fn change(&self, change: impl FnOnce(&mut Scene)) {
        self.scene.send_modify(|scene| change(Arc::make_mut(scene)));
    }

    fn keep(&self) {
        if let Err(error) = self.scene().keep(&self.kept) {
            eprintln!("chit-demo: the phones are not kept: {error:#}");
        }
    }
}

/// At the usual place if that is free; else any port.
pub async fn bind(usual: u16) -> anyhow::Result<TcpListener> {
    if let Ok(listener) = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], usual))).await {
        return Ok(listener);
    }
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.context("no port for the virtual desk")
}

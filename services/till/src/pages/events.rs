//! The event stream of an open page: what changed, as HTML.
//!
//! It always answers 200 and never ends by itself while checkout is away: a browser that gets an error answer gives an
//! EventSource up for good (state CLOSED), which is how a till stays dead after the shop has come back.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use chit_proto::checkout::v1::GetSaleRequest;
use http::HeaderMap;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::interval;
use tokio_stream::wrappers::ReceiverStream;

use super::App;
use crate::hub::{Known, Scene};
use crate::pages::assets::ASSETS;
use crate::pages::visitor::{self, SignedIn};
use crate::pages::{office, payers};
use crate::till::Till;
use crate::{far, view};

/// A page that hears nothing for longer takes the till for gone (assets/till.js).
const BEAT: Duration = Duration::from_secs(2);
/// Events that wait for a slow browser; the newest state follows anyway.
const BUFFER: usize = 8;

/// A browser drops an event without data (HTML standard §9.2.6).
const NOTHING: &str = "-";

/// Which page is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    Sale,
    SaleOf(String),
    Office,
    Enquiry,
    /// With what is searched for.
    Payers(String),
    PayerOf(String),
    SignIn,
}

impl Page {
    pub fn name(&self) -> String {
        match self {
            Self::Sale => "sale".to_owned(),
            Self::SaleOf(sale_id) => format!("sale:{sale_id}"),
            Self::Office => "office".to_owned(),
            Self::Enquiry => "enquiry".to_owned(),
            Self::Payers(query) => format!("payers:{query}"),
            Self::PayerOf(payer_id) => format!("payer:{payer_id}"),
            Self::SignIn => "signin".to_owned(),
        }
    }

    fn parse(name: &str) -> Self {
        match name {
            "office" => Self::Office,
            "enquiry" => Self::Enquiry,
            "signin" => Self::SignIn,
            _ => match name.split_once(':') {
                Some(("sale", sale_id)) => Self::SaleOf(sale_id.to_owned()),
                Some(("payers", query)) => Self::Payers(query.to_owned()),
                Some(("payer", payer_id)) => Self::PayerOf(payer_id.to_owned()),
                _ => Self::Sale,
            },
        }
    }
}

#[derive(Deserialize)]
pub struct StreamQuery {
    #[serde(default)]
    page: String,
}

/// A part of a page: its element's id and its HTML.
pub type Region = (&'static str, String);

pub async fn stream(State(till): App, headers: HeaderMap, Query(query): Query<StreamQuery>) -> Response {
    let (sender, receiver) = mpsc::channel(BUFFER);
    let page = Page::parse(&query.page);
    tokio::spawn(async move {
        // A browser that went away is no fault.
        let _gone = Stream { till, headers, page, sender, sent: HashMap::new() }.run().await;
    });
    Sse::new(ReceiverStream::new(receiver)).into_response()
}

struct Stream {
    till: Arc<Till>,
    headers: HeaderMap,
    page: Page,
    sender: mpsc::Sender<Result<Event, Infallible>>,
    sent: HashMap<&'static str, String>,
}

struct Gone;

impl Stream {
    async fn run(mut self) -> Result<(), Gone> {
        let Ok(_place) = self.till.readers.clone().try_acquire_owned() else {
            return self.say("full", NOTHING).await;
        };
        self.say("build", &ASSETS.build).await?;
        let mut scenes = self.till.scene.subscribe();
        let mut beat = interval(BEAT);
        let mut was_up = None;
        let mut scanned = scenes.borrow().scanned_receipt.clone();
        loop {
            let scene = scenes.borrow_and_update().clone();
            if was_up.replace(scene.up()) != Some(scene.up()) {
                self.say(if scene.up() { "up" } else { "down" }, NOTHING).await?;
            }
            if self.page != Page::SignIn {
                let Some(staff) = visitor::quietly(&self.till, &self.headers) else {
                    return self.say("signin", NOTHING).await;
                };
                if scene.up() {
                    self.patch(&staff).await?;
                }
            }
            if scene.scanned_receipt != scanned {
                scanned.clone_from(&scene.scanned_receipt);
                self.show_receipt(&scene).await?;
            }
            tokio::select! {
                changed = scenes.changed() => if changed.is_err() { return Ok(()) },
                _ = beat.tick() => self.say("beat", NOTHING).await?,
                () = self.sender.closed() => return Ok(()),
                () = self.till.shutdown.wait() => return Ok(()),
            }
        }
    }

    /// Sends the parts that differ from what the page has.
    async fn patch(&mut self, staff: &SignedIn) -> Result<(), Gone> {
        let till = self.till.clone();
        let mut changed = String::new();
        for (id, html) in regions(&till, staff, &self.page).await {
            if self.sent.get(id) != Some(&html) {
                changed.push_str(&html);
                self.sent.insert(id, html);
            }
        }
        if changed.is_empty() { Ok(()) } else { self.say("patch", &changed).await }
    }

    /// A receipt before the handheld is an enquiry, where somebody is making one.
    async fn show_receipt(&self, scene: &Scene) -> Result<(), Gone> {
        match &scene.scanned_receipt {
            Some((_, sale_id)) if self.page == Page::Enquiry => {
                self.say("go", &format!("/enquiry?ref={sale_id}")).await
            }
            _ => Ok(()),
        }
    }

    async fn say(&self, name: &str, data: &str) -> Result<(), Gone> {
        // A carriage return would end the event; axum refuses one.
        let event = Event::default().event(name).data(data.replace('\r', " "));
        self.sender.send(Ok(event)).await.map_err(|_closed| Gone)
    }
}

/// All parts of a page as they are now.
pub async fn regions(till: &Arc<Till>, staff: &SignedIn, page: &Page) -> Vec<Region> {
    let scene = till.scene();
    let mut reader = staff.reader.clone();
    reader.now = till.clock.now();
    let bar = ("bar", view::bar::bar(&reader, page, &scene).into_string());
    match page {
        Page::Sale => vec![bar, ("stage", view::sale::stage(&reader, &scene).into_string())],
        Page::SaleOf(sale_id) => {
            let stage = view::sale::stage_of(&reader, &scene, find(till, &scene, sale_id).await.as_ref());
            vec![bar, ("stage", stage.into_string())]
        }
        Page::Office => {
            let mut all = vec![bar];
            all.extend(office::sections(till, &reader, &scene).await);
            all
        }
        Page::Payers(query) => [bar].into_iter().chain(payers::list(till, &reader, query).await).collect(),
        Page::PayerOf(payer_id) => {
            [bar].into_iter().chain(payers::one(till, &reader, payer_id).await).collect()
        }
        Page::Enquiry | Page::SignIn => vec![bar],
    }
}

async fn find(till: &Till, scene: &Scene, sale_id: &str) -> Option<Known> {
    if let Some(known) = scene.current.as_ref().filter(|known| known.sale.sale_id == sale_id) {
        return Some(known.clone());
    }
    let request = GetSaleRequest { sale_id: sale_id.to_owned() };
    let sale = far!(till.far.sales.get_sale(request)).await.ok()?.sale?;
    Some(Known { sale, revision: scene.revision })
}

//! The event stream of an open page: what changed, as HTML.
//!
//! It always answers 200 and never ends by itself while checkout is away: after an error answer a browser closes an
//! EventSource for ever (state CLOSED), and the till would stay dead after the shop is back.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use chit_runtime::session::{self, Token};
use http::HeaderMap;
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::interval;
use tokio_stream::wrappers::ReceiverStream;

use super::App;
use crate::assets::ASSETS;
use crate::cookie::{TOKEN_COOKIE, cookie};
use crate::pages::regions::regions;
use crate::pages::visitor::{self, SignedIn};
use crate::scene::Scene;
use crate::till::Till;
use crate::view::Page;

/// A page that receives nothing for longer considers the till gone (assets/till.js).
const BEAT: Duration = Duration::from_secs(2);
/// Events that wait for a slow browser; the newest state follows anyway.
const BUFFER: usize = 8;

/// A browser drops an event without data (HTML standard §9.2.6).
const NOTHING: &str = "-";

#[derive(Deserialize)]
pub struct StreamQuery {
    #[serde(default)]
    page: String,
}

/// Who is signed in has a place; who is not learns only whether the shop is up, and takes no cashier's place.
pub async fn stream(State(till): App, headers: HeaderMap, Query(query): Query<StreamQuery>) -> Response {
    let (sender, receiver) = mpsc::channel(BUFFER);
    let page = Page::parse(&query.page);
    let token = cookie(&headers, TOKEN_COOKIE).and_then(|token| Token::new(token).ok());
    let places = match visitor::peek(&till, &headers).await {
        Some(_) => till.readers.clone(),
        None => till.strangers.clone(),
    };
    let stream = Stream { till, headers, page, sender, sent: HashMap::new() };
    tokio::spawn(async move {
        // A closed browser is no fault.
        let _gone = match token {
            Some(token) => session::scope(token, stream.run(places)).await,
            None => stream.run(places).await,
        };
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
    async fn run(mut self, places: Arc<Semaphore>) -> Result<(), Gone> {
        let Ok(_place) = places.try_acquire_owned() else {
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
                let Some(staff) = visitor::peek(&self.till, &self.headers).await else {
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

    /// A scanned receipt opens its enquiry, on an enquiry page.
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

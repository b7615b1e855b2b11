//! What can be asked for, and the event stream that keeps an open page true.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::sse::{Event, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::interval;
use tokio_stream::wrappers::ReceiverStream;

use super::words::Lang;
use super::{VirtualDesk, acts, assets, guard, papers, picture, view};

const BODY_BYTES_MAX: usize = 8 << 10;
/// The clock's hand; also shows the page that the desk is there.
const BEAT: Duration = Duration::from_secs(1);
/// Events that wait for a slow browser; the newest state follows anyway.
const BUFFER: usize = 8;

pub type App = State<Arc<VirtualDesk>>;

#[derive(Deserialize)]
pub struct LangQuery {
    #[serde(default)]
    lang: String,
}

impl LangQuery {
    /// As chosen here or at the till, else as the browser prefers.
    pub fn lang(&self, headers: &HeaderMap) -> Lang {
        let preferred = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Lang::parse(&self.lang).or_else(|| chosen(headers)).unwrap_or_else(|| match preferred {
            Some(preferred) if !preferred.starts_with("zh") => Lang::En,
            _ => Lang::Zh,
        })
    }
}

/// The till's cookie (services/till/src/pages/visitor.rs). Cookies know hosts and no ports: both pages have one language.
const LANG_COOKIE: &str = "chit-lang";

fn chosen(headers: &HeaderMap) -> Option<Lang> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == LANG_COOKIE).and_then(|(_, tag)| Lang::parse(tag))
}

pub fn router(desk: Arc<VirtualDesk>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/events", get(events))
        .route("/assets/{name}", get(assets::read))
        .route("/camera.jpg", get(camera))
        .route("/paper/{n}", get(paper))
        .route("/card.png", get(card))
        .route("/code.png", get(code))
        .route("/enrol", post(acts::enrol))
        .route("/take-up", post(acts::take_up))
        .route("/scan-goods", post(acts::scan_goods))
        .route("/scan-code", post(acts::scan_code))
        .route("/hold", post(acts::hold))
        .route("/reply", post(acts::reply))
        .route("/fault", post(acts::fault))
        .route("/advance", post(acts::advance))
        .route("/settle", post(acts::settle))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(guard::check))
        .with_state(desk)
}

async fn page(State(desk): App, Query(query): Query<LangQuery>, headers: HeaderMap) -> Response {
    let lang = query.lang(&headers);
    let kept = format!("{LANG_COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", lang.tag());
    let html = view::document(&desk, lang, &desk.scene()).into_string();
    ([(header::SET_COOKIE, kept)], Html(html)).into_response()
}

/// Always 200, as the till's; see services/till/src/pages/events.rs.
async fn events(State(desk): App, Query(query): Query<LangQuery>, headers: HeaderMap) -> Response {
    let lang = query.lang(&headers);
    let (sender, receiver) = mpsc::channel::<Result<Event, Infallible>>(BUFFER);
    tokio::spawn(async move {
        let mut scenes = desk.scene.subscribe();
        let mut beat = interval(BEAT);
        let mut sent: HashMap<&str, String> = HashMap::new();
        loop {
            let scene = scenes.borrow_and_update().clone();
            let mut changed = String::new();
            for (id, html) in view::regions(&desk, lang, &scene) {
                let html = html.into_string();
                if sent.get(id) != Some(&html) {
                    changed.push_str(&html);
                    sent.insert(id, html);
                }
            }
            let event = if changed.is_empty() {
                Event::default().event("beat").data("")
            } else {
                Event::default().event("patch").data(changed.replace('\r', " "))
            };
            if sender.send(Ok(event)).await.is_err() {
                return;
            }
            tokio::select! {
                changed = scenes.changed() => if changed.is_err() { return },
                _ = beat.tick() => {}
                () = sender.closed() => return,
            }
        }
    });
    Sse::new(ReceiverStream::new(receiver)).into_response()
}

async fn camera(State(desk): App) -> Response {
    match picture::now(&desk).await {
        Some(jpeg) => ([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Never a card: that is in its owner's drawer.
async fn paper(State(desk): App, Path(name): Path<String>) -> Response {
    let number = name.strip_suffix(".png").and_then(|number| number.parse().ok());
    match number.filter(|n| !papers::is_card(&desk.papers, *n)) {
        Some(n) => png(papers::file(&desk.papers, n, "png")).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn card(State(desk): App) -> Response {
    match desk.scene().person().and_then(|person| person.card) {
        Some(n) => png(papers::file(&desk.papers, n, "png")).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn code(State(desk): App) -> Response {
    match desk.scene().person().and_then(|person| person.code_png.clone()) {
        Some(file) => png(file).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn png(file: std::path::PathBuf) -> Response {
    match tokio::fs::read(file).await {
        Ok(bytes) => ([(header::CONTENT_TYPE, "image/png")], bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

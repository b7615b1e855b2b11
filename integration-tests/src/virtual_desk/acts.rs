//! What the buttons do. A refusal is shown in words; a success shows by itself.

use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::pages::{App, LangQuery};
use super::scene::Fault;
use super::words::Lang;
use super::{VirtualDesk, follow, phone, view};
use crate::desk::Refused;
use crate::payer::read_qr;

/// An SMS of a person fits one part.
const REPLY_CHARS_MAX: usize = 70;
/// Symbology identifiers (ISO/IEC 15424) of an EAN and of a QR code.
const AIM_EAN: &str = "]E0";
const AIM_QR: &str = "]Q1";

#[derive(Deserialize)]
pub struct EnrolForm {
    name: String,
    phone: String,
}

#[derive(Deserialize)]
pub struct TakeForm {
    payer_id: String,
}

#[derive(Deserialize)]
pub struct GoodsForm {
    gtin: String,
}

#[derive(Deserialize)]
pub struct ReplyForm {
    text: String,
}

#[derive(Deserialize)]
pub struct SwitchForm {
    #[serde(default)]
    name: String,
    on: bool,
}

fn answer(lang: Lang, done: anyhow::Result<()>) -> Response {
    let Err(error) = done else { return StatusCode::NO_CONTENT.into_response() };
    let reason = Refused::reason_in(&error).unwrap_or("FAILED").to_owned();
    if reason == "FAILED" {
        eprintln!("chit-demo: the virtual desk: {error:#}");
    }
    (StatusCode::CONFLICT, Html(view::notice(lang, &reason).into_string())).into_response()
}

/// With the supervisor's PIN, which a demo may know.
pub async fn enrol(
    State(desk): App,
    Query(query): Query<LangQuery>,
    headers: HeaderMap,
    Form(form): Form<EnrolForm>,
) -> Response {
    let lang = query.lang(&headers);
    let _one_at_a_time = desk.acting.lock().await;
    answer(lang, enrol_person(&desk, lang, &form).await)
}

async fn enrol_person(desk: &Arc<VirtualDesk>, lang: Lang, form: &EnrolForm) -> anyhow::Result<()> {
    // No texts are sent at night, so an enrolment would not finish then.
    desk.desk.make_it_day().await?;
    let phone = e164(&form.phone);
    let name = form.name.trim();
    let payer = desk.desk.enrol(name, &phone, lang.tag()).await?;
    put_away(desk).await?;
    desk.change(|scene| {
        scene.show(&payer.payer_id);
        let person = scene.seat(&payer.payer_id);
        (person.name, person.phone) = (name.to_owned(), phone);
    });
    desk.keep();
    follow::see_payer(desk, payer)
}

/// Takes up the phone of another payer; the one in front of the camera is put away.
pub async fn take_up(
    State(desk): App,
    Query(query): Query<LangQuery>,
    headers: HeaderMap,
    Form(form): Form<TakeForm>,
) -> Response {
    let put_away = put_away(&desk).await;
    desk.change(|scene| scene.show(&form.payer_id));
    desk.keep();
    answer(query.lang(&headers), put_away)
}

/// The modem's network knows international numbers; a number of eleven digits is one of this country.
fn e164(typed: &str) -> String {
    let digits: String = typed.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    match digits.len() {
        11 if digits.starts_with('1') => format!("+86{digits}"),
        _ => digits,
    }
}

pub async fn scan_goods(
    State(desk): App,
    Query(query): Query<LangQuery>,
    headers: HeaderMap,
    Form(form): Form<GoodsForm>,
) -> Response {
    let gtin: String = form.gtin.chars().filter(char::is_ascii_digit).collect();
    let scanned = desk.handheld.ask(json!({ "cmd": "scan", "data": gtin, "aim": AIM_EAN })).await;
    answer(query.lang(&headers), scanned.map(|_| ()))
}

pub async fn scan_code(State(desk): App, Query(query): Query<LangQuery>, headers: HeaderMap) -> Response {
    let scanned = async {
        if let Some(png) = desk.scene().person().and_then(|person| person.code_png.as_ref()) {
            let code = read_qr(png).await?;
            desk.handheld.ask(json!({ "cmd": "scan", "data": code, "aim": AIM_QR })).await?;
        }
        Ok(())
    };
    answer(query.lang(&headers), scanned.await)
}

pub async fn hold(
    State(desk): App,
    Query(query): Query<LangQuery>,
    headers: HeaderMap,
    Form(form): Form<SwitchForm>,
) -> Response {
    let held = async {
        let scene = desk.scene();
        match scene.person().and_then(|person| person.code_png.as_ref()) {
            Some(png) if form.on => {
                desk.camera.ask(json!({ "cmd": "hold", "png": png })).await?;
                desk.change(|scene| scene.held = true);
                Ok(())
            }
            _ => put_away(&desk).await,
        }
    };
    answer(query.lang(&headers), held.await)
}

async fn put_away(desk: &VirtualDesk) -> anyhow::Result<()> {
    desk.camera.ask(json!({ "cmd": "hold", "png": null })).await?;
    desk.change(|scene| scene.held = false);
    Ok(())
}

pub async fn reply(
    State(desk): App,
    Query(query): Query<LangQuery>,
    headers: HeaderMap,
    Form(form): Form<ReplyForm>,
) -> Response {
    let text: String = form.text.trim().chars().take(REPLY_CHARS_MAX).collect();
    if text.is_empty() {
        return StatusCode::NO_CONTENT.into_response();
    }
    answer(query.lang(&headers), phone::send(&desk, &text).await)
}

pub async fn fault(
    State(desk): App,
    Query(query): Query<LangQuery>,
    headers: HeaderMap,
    Form(form): Form<SwitchForm>,
) -> Response {
    let Some(fault) = Fault::ALL.into_iter().find(|fault| fault.name() == form.name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    answer(query.lang(&headers), turn(&desk, fault, form.on).await)
}

async fn turn(desk: &VirtualDesk, fault: Fault, on: bool) -> anyhow::Result<()> {
    match fault {
        Fault::PaperOut => desk.printer.fault("paper_out", json!(on)).await?,
        Fault::ModemOff => desk.modem.fault("off", json!(on)).await?,
        Fault::CameraUnplugged => desk.camera.fault("absent", json!(on)).await?,
        Fault::WrongReply => {}
    }
    desk.change(|scene| {
        if on {
            scene.faults.insert(fault)
        } else {
            scene.faults.remove(&fault)
        };
    });
    Ok(())
}

pub async fn advance(State(desk): App, Query(query): Query<LangQuery>, headers: HeaderMap) -> Response {
    answer(query.lang(&headers), desk.desk.advance_hours(24).await)
}

/// What the shop does in the evening and its bank at night.
pub async fn settle(State(desk): App, Query(query): Query<LangQuery>, headers: HeaderMap) -> Response {
    answer(query.lang(&headers), desk.desk.run_settlement().await.map(|_| ()))
}

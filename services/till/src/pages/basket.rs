//! Goods by hand: search, add, change the quantity, void a line. Scanned goods come in by checkout itself.

use axum::extract::{Form, Query, State};
use axum::response::{Html, IntoResponse, Response};
use chit_proto::checkout::v1::{
    BasketLine, GetSaleRequest, Sale, SaleState, SearchGoodsRequest, SetBasketRequest, StartSaleRequest,
    VoidSaleRequest,
};
use chit_proto::money::v1::Money;
use serde::Deserialize;
use tonic::{Code, Status};

use super::App;
use crate::pages::answer;
use crate::pages::visitor::SignedIn;
use crate::peers::call;
use crate::till::Till;
use crate::view;
use crate::view::money;

const FOUND_MAX: u32 = 12;
const MILLI: i64 = 1000;
/// A hand-typed price from here on is asked about once: a slipped digit or a scanned code costs a customer.
const HIGH_PRICE_MINOR: i64 = 50_000;
/// What a challenge can state (checkout refuses more).
const PRICE_MINOR_MAX: i64 = 9_999_999;
const QUANTITY_MILLI_MAX: i64 = 9_999 * MILLI;
/// A handheld reads a few goods a second, and each try takes milliseconds.
const TRIES_MAX: u32 = 4;

#[derive(Deserialize)]
pub struct SearchQuery {
    #[serde(default)]
    q: String,
}

#[derive(Deserialize)]
pub struct AddForm {
    rid: String,
    sale_id: String,
    #[serde(default)]
    gtin: String,
    description: String,
    /// Price of one as people write it: "12.80".
    price: String,
    /// "yes": the person has looked at a high price once more.
    #[serde(default)]
    sure: String,
}

#[derive(Deserialize)]
pub struct LineForm {
    rid: String,
    sale_id: String,
    /// Place of the line in the basket, from 0.
    index: usize,
    /// What the line was when the page was made: another one is not touched.
    description: String,
    /// Pieces as people write it: "2" or "0.35".
    #[serde(default)]
    quantity: String,
}

pub async fn search(State(till): App, staff: SignedIn, Query(query): Query<SearchQuery>) -> Response {
    let request = SearchGoodsRequest { query: query.q.trim().to_owned(), limit: FOUND_MAX };
    match call!(till.peers.shop.search_goods(request)).await {
        Ok(found) => {
            let scene = till.scene();
            let html = view::basket::found(&staff.reader, scene.current.as_ref(), &found.items);
            Html(html.into_string()).into_response()
        }
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

pub async fn add(State(till): App, staff: SignedIn, Form(form): Form<AddForm>) -> Response {
    let by_hand = form.gtin.is_empty();
    let currency = till.scene().current.as_ref().map(|known| view::basket::currency(&known.sale).to_owned());
    let typed = money::parse(&form.price, &currency.unwrap_or_default());
    if by_hand
        && form.sure != "yes"
        && typed.is_some_and(|price| (HIGH_PRICE_MINOR..PRICE_MINOR_MAX).contains(&price))
    {
        let fields = [
            ("rid", form.rid.as_str()),
            ("sale_id", &form.sale_id),
            ("description", &form.description),
            ("price", &form.price),
        ];
        return answer::ask(view::basket::high_price(&staff.reader, &fields));
    }
    let added = change(&till, &form.rid, &form.sale_id, |lines, currency_code| {
        let price = money::parse(&form.price, currency_code).ok_or_else(|| bad_input("PRICE_INVALID"))?;
        if by_hand && !(1..=PRICE_MINOR_MAX).contains(&price) {
            return Err(bad_input("PRICE_OUT_OF_RANGE"));
        }
        let same = |line: &&mut BasketLine| {
            line.gtin == form.gtin && line.description == form.description && line.unit_price_minor == price
        };
        match lines.iter_mut().find(same) {
            Some(line) => line.quantity_milli += MILLI,
            None => lines.push(BasketLine {
                gtin: form.gtin.clone(),
                description: form.description.trim().to_owned(),
                quantity_milli: MILLI,
                unit_price_minor: price,
                total_minor: 0,
            }),
        }
        Ok(())
    });
    reply(&staff, added.await)
}

pub async fn quantity(State(till): App, staff: SignedIn, Form(form): Form<LineForm>) -> Response {
    let changed = change(&till, &form.rid, &form.sale_id, |lines, _currency| {
        let quantity = money::parse_milli(&form.quantity).ok_or_else(|| bad_input("QUANTITY_INVALID"))?;
        if quantity > QUANTITY_MILLI_MAX {
            return Err(bad_input("QUANTITY_OUT_OF_RANGE"));
        }
        line_of(lines, &form)?.quantity_milli = quantity;
        Ok(())
    });
    reply(&staff, changed.await)
}

pub async fn void_line(State(till): App, staff: SignedIn, Form(form): Form<LineForm>) -> Response {
    reply(&staff, take_out(&till, &form).await)
}

async fn take_out(till: &Till, form: &LineForm) -> Result<(), Status> {
    let mut sale = editable(till, &form.sale_id).await?;
    line_of(&mut sale.lines, form)?;
    if sale.lines.len() == 1 {
        match begin_anew(till, &sale, &form.rid).await {
            // Goods were scanned meanwhile: it is not the last line any more.
            Err(status) if is_overtaken(&status) => {}
            done => return done,
        }
    }
    change(till, &form.rid, &form.sale_id, |lines, _currency| {
        line_of(lines, form)?;
        lines.remove(form.index);
        Ok(())
    })
    .await
}

/// A basket is never empty in checkout: taking the last line out ends this sale and opens the next.
async fn begin_anew(till: &Till, sale: &Sale, rid: &str) -> Result<(), Status> {
    let void = VoidSaleRequest {
        request_id: rid.to_owned(),
        sale_id: sale.sale_id.clone(),
        if_basket_tag: sale.basket_tag.clone(),
        ..Default::default()
    };
    call!(till.peers.sales.void_sale(void)).await?;
    let request_id = format!("after-{}", sale.sale_id);
    let start = StartSaleRequest { request_id, lane: sale.lane.clone() };
    call!(till.peers.sales.start_sale(start)).await?;
    Ok(())
}

async fn editable(till: &Till, sale_id: &str) -> Result<Sale, Status> {
    let request = GetSaleRequest { sale_id: sale_id.to_owned() };
    let sale = call!(till.peers.sales.get_sale(request)).await?.sale.unwrap_or_default();
    match sale.state() {
        SaleState::Draft | SaleState::PayerOk => Ok(sale),
        _ => Err(chit_runtime::error::status(Code::FailedPrecondition, "WRONG_STATE", "not editable")),
    }
}

/// The basket as checkout has it now, changed and sent back whole. Goods that are scanned meanwhile are not lost: then all of
/// it is done again on the newer basket.
async fn change(
    till: &Till,
    rid: &str,
    sale_id: &str,
    edit: impl Fn(&mut Vec<BasketLine>, &str) -> Result<(), Status>,
) -> Result<(), Status> {
    let mut tries = 1;
    loop {
        match change_once(till, rid, sale_id, &edit).await {
            Err(status) if tries < TRIES_MAX && is_overtaken(&status) => tries += 1,
            done => return done,
        }
    }
}

fn is_overtaken(status: &Status) -> bool {
    chit_runtime::error::reason_of(status).as_deref() == Some("BASKET_CHANGED")
}

async fn change_once(
    till: &Till,
    rid: &str,
    sale_id: &str,
    edit: &impl Fn(&mut Vec<BasketLine>, &str) -> Result<(), Status>,
) -> Result<(), Status> {
    let mut sale = editable(till, sale_id).await?;
    let currency_code = sale.total.take().unwrap_or_default().currency_code;
    edit(&mut sale.lines, &currency_code)?;
    for line in &mut sale.lines {
        line.total_minor = money::line_total(line).ok_or_else(|| bad_input("BASKET_INVALID"))?;
    }
    let amount_minor = sale.lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.total_minor));
    let total =
        Money { amount_minor: amount_minor.ok_or_else(|| bad_input("BASKET_INVALID"))?, currency_code };
    let request = SetBasketRequest {
        request_id: rid.to_owned(),
        sale_id: sale_id.to_owned(),
        lines: sale.lines,
        total: Some(total),
        if_basket_tag: sale.basket_tag,
    };
    let set = call!(till.peers.sales.set_basket(request)).await?;
    till.scene.send_modify(|scene| std::sync::Arc::make_mut(scene).unprintable = set.unprintable);
    Ok(())
}

#[derive(Deserialize)]
pub struct SeenForm {
    number: u64,
}

/// The cashier has seen what the scanner could not read.
pub async fn seen(State(till): App, _staff: SignedIn, Form(form): Form<SeenForm>) -> Response {
    till.scene.send_modify(|scene| std::sync::Arc::make_mut(scene).seen(form.number));
    answer::done()
}

#[derive(Deserialize)]
pub struct RefusedSeenForm {
    /// Codes of the refusals that the page showed, with a space between.
    answer: String,
}

/// The cashier has read which scans were not taken. That is the till's own affair: checkout knows nothing of it.
pub async fn refused_seen(State(till): App, _staff: SignedIn, Form(form): Form<RefusedSeenForm>) -> Response {
    let seen: Vec<String> = form.answer.split(' ').map(str::to_owned).collect();
    till.scene.send_modify(|scene| std::sync::Arc::make_mut(scene).acknowledge_scans(&seen));
    answer::done()
}

fn line_of<'a>(lines: &'a mut [BasketLine], form: &LineForm) -> Result<&'a mut BasketLine, Status> {
    let line = lines.get_mut(form.index).filter(|line| line.description == form.description);
    line.ok_or_else(|| chit_runtime::error::status(Code::FailedPrecondition, "BASKET_CHANGED", "look again"))
}

fn bad_input(reason: &'static str) -> Status {
    chit_runtime::error::status(Code::InvalidArgument, reason, "see the reason")
}

fn reply(staff: &SignedIn, result: Result<(), Status>) -> Response {
    match result {
        Ok(()) => answer::done(),
        Err(status) => answer::refused(&staff.reader, &status),
    }
}

//! The back office.

use chit_proto::checkout::v1::{
    BankException, DeviceStatus, Dispute, DisputeState, GetZReportResponse, Sale, SaleState, SettlementBatch,
    SettlementBatchState, StaffRole,
};
use maud::{Markup, html};

use super::layout::{self, Frame, document, region};
use super::page::Region;
use super::sale::{look, short};
use super::trouble::short_attention;
use super::{Action, Reader, basket, chip, exceptions, money, trouble};
use crate::scene::Scene;

/// Rows of a list; the rest is a number.
const ROWS_MAX: usize = 40;

pub struct Books {
    pub sales: Vec<Sale>,
    pub disputes: Vec<Dispute>,
    pub batches: Vec<SettlementBatch>,
    pub exceptions: Vec<BankException>,
    pub report: GetZReportResponse,
}

pub fn page(reader: &Reader, regions: &[Region], up: bool) -> Markup {
    let frame = Frame { page: "office", title: "title-office", up };
    let body = html! {
        (region(regions, "bar"))
        (layout::notice_place())
        main.office #stage {
            h1.sr-only { (reader.t("title-office")) }
            div.column {
                @for id in ["attention", "queue", "disputes", "devices"] { (region(regions, id)) }
            }
            div.column {
                @for id in ["settlement", "exceptions", "report"] { (region(regions, id)) }
            }
        }
        (layout::ask_dialog(reader))
        (layout::help_dialog(reader))
    };
    document(reader, &frame, &body)
}

pub fn sections(reader: &Reader, scene: &Scene, books: &Books) -> Vec<Region> {
    vec![
        ("attention", attention(reader, scene).into_string()),
        ("queue", queue(reader, scene, books).into_string()),
        ("disputes", disputes(reader, books).into_string()),
        ("settlement", settlement(reader, scene, books).into_string()),
        ("exceptions", exceptions::section(reader, &books.exceptions).into_string()),
        ("report", report(reader, &books.report).into_string()),
        ("devices", devices(reader, scene).into_string()),
    ]
}

fn attention(reader: &Reader, scene: &Scene) -> Markup {
    let sales = scene.status.as_ref().map(|status| status.attention.as_slice()).unwrap_or_default();
    html! {
        section.card #attention data-count=(sales.len()) {
            h2 { (reader.t("attention-title")) }
            @if sales.is_empty() { p.muted { (reader.t("attention-none")) } }
            ul.rows {
                @for sale in sales.iter().take(ROWS_MAX) {
                    @for item in sale.attention() {
                        @let name = short_attention(item);
                        li data-sale=(sale.sale_id) data-attention=(name) {
                            span.mono { (sale.receipt_no) }
                            strong { (money::of(sale.total.as_ref())) }
                            (chip("bad", &reader.code("trouble", name)))
                            @if name == "LISTING" { (list_button(reader, sale)) } @else {
                                a.button href={ "/sale/" (sale.sale_id) } id={ "act-see-to-" (sale.sale_id) } data-act="see-to" {
                                    (reader.t("see-to"))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn list_button(reader: &Reader, sale: &Sale) -> Markup {
    let rid = format!("list-{}", sale.sale_id);
    let fields = [("rid", rid.as_str()), ("sale_id", sale.sale_id.as_str())];
    Action {
        name: "list",
        of: &sale.sale_id,
        to: "/office/list",
        fields: &fields,
        words: "list-bad-record",
        ..Action::default()
    }
    .html(reader)
}

fn queue(reader: &Reader, scene: &Scene, books: &Books) -> Markup {
    use SaleState::{BadPending, Challenged, Queued, Rejected, Sealed, Unreachable, Verified};
    let shown = [Sealed, Queued, Challenged, Verified, Rejected, Unreachable, BadPending];
    let waiting: Vec<_> = books.sales.iter().filter(|sale| shown.contains(&sale.state())).collect();
    // A minute later the same press is a new one: night may have become day.
    let rid = format!("deduct-{}-{}", scene.revision, reader.now.as_second() / 60);
    html! {
        section.card #queue data-count=(waiting.len()) {
            header.row {
                h2 { (reader.t("queue-title")) }
                (Action { name: "deduct", to: "/office/deduct", fields: &[("rid", &rid)], words: "deduct", off: waiting.is_empty(),
                    ..Action::default() }.html(reader))
            }
            p.muted { (reader.t("queue-hint")) }
            ul.rows {
                @for sale in waiting.iter().take(ROWS_MAX) {
                    li data-sale=(sale.sale_id) data-state=(short(sale)) {
                        a.mono href={ "/enquiry?ref=" (sale.sale_id) } { (sale.receipt_no) }
                        strong { (money::of(sale.total.as_ref())) }
                        (chip(look(sale), &reader.state(sale)))
                        small { (reader.ago(sale.commit_time.as_ref())) }
                        @if matches!(sale.state(), Sealed | Queued) { (release_button(reader, sale)) }
                    }
                }
            }
            @if waiting.len() > ROWS_MAX { p.muted { (reader.with("rows-more", &[("count", (waiting.len() - ROWS_MAX).into())])) } }
        }
    }
}

fn release_button(reader: &Reader, sale: &Sale) -> Markup {
    let rid = format!("ask-{}-{}", sale.sale_id, sale.rounds);
    let fields = [("rid", rid.as_str()), ("sale_id", sale.sale_id.as_str())];
    Action {
        name: "ask-now",
        of: &sale.sale_id,
        to: "/office/release",
        fields: &fields,
        words: "ask-now",
        look: "quiet",
        ..Action::default()
    }
    .html(reader)
}

fn settlement(reader: &Reader, scene: &Scene, books: &Books) -> Markup {
    let verified = scene.status.as_ref().map(|status| status.verified).unwrap_or_default();
    let newest = books.batches.first().map(|batch| batch.batch_id.as_str()).unwrap_or("none");
    let rid = format!("settle-{newest}-{}", scene.revision);
    let may = reader.is_at_least(StaffRole::Supervisor);
    html! {
        section.card #settlement data-verified=(verified) {
            header.row {
                h2 { (reader.t("settlement-title")) }
                (Action { name: "settle", to: "/office/settle", fields: &[("rid", &rid)], words: "settle", off: verified == 0 || !may,
                    ..Action::default() }.html(reader))
            }
            p { a #act-batches data-act="batches" href="/batches" { (reader.t("title-batches")) } }
            p { (reader.with("settlement-ready", &[("count", verified.into())])) }
            @if !may { p.muted { (reader.t("supervisor-only")) } }
            ul.rows {
                @for batch in &books.batches {
                    li data-batch=(batch.batch_id) {
                        span { (reader.time(batch.create_time.as_ref())) }
                        strong { (money::of(batch.total.as_ref())) }
                        span.muted { (reader.with("batch-sales", &[("count", batch.sale_ids.len().into())])) }
                        @if batch.state() == SettlementBatchState::Settled { (chip("good", &reader.t("batch-settled"))) }
                        @else { (chip("busy", &reader.t("batch-submitted"))) }
                    }
                }
            }
        }
    }
}

fn disputes(reader: &Reader, books: &Books) -> Markup {
    html! {
        section.card #disputes {
            h2 { (reader.t("disputes-title")) }
            @if books.disputes.is_empty() { p.muted { (reader.t("disputes-none")) } }
            ul.rows {
                @for dispute in books.disputes.iter().take(ROWS_MAX) {
                    @let receipt = books.sales.iter().find(|sale| sale.sale_id == dispute.sale_id);
                    li data-dispute=(dispute.dispute_id) {
                        a.mono href={ "/enquiry?ref=" (dispute.sale_id) } {
                            (receipt.map(|sale| sale.receipt_no.as_str()).unwrap_or("…"))
                        }
                        span { (cause(reader, dispute)) }
                        (chip(if dispute.state() == DisputeState::Open { "bad" } else { "" }, &outcome(reader, dispute)))
                        small { (reader.ago(dispute.create_time.as_ref())) }
                    }
                }
            }
        }
    }
}

pub fn cause(reader: &Reader, dispute: &Dispute) -> String {
    reader.code("cause", dispute.cause().as_str_name().trim_start_matches("DISPUTE_CAUSE_"))
}

pub fn outcome(reader: &Reader, dispute: &Dispute) -> String {
    reader.code("dispute", dispute.state().as_str_name().trim_start_matches("DISPUTE_STATE_"))
}

fn report(reader: &Reader, report: &GetZReportResponse) -> Markup {
    let rows = [
        ("z-gross", report.gross_minor),
        ("z-settled", report.settled_minor),
        ("z-open", report.open_minor),
        ("z-bad", report.bad_minor),
        ("z-written-off", report.written_off_minor),
        ("z-paid-otherwise", report.paid_otherwise_minor),
        ("z-void", report.void_minor),
        ("z-refunds", report.refunds_minor),
        ("z-net", report.net_minor),
        ("z-paid-in", report.paid_in_minor),
    ];
    html! {
        section.card #report {
            h2 { (reader.t("report-title")) }
            table {
                tbody {
                    @for (words, minor) in rows {
                        tr.(words) {
                            th scope="row" { (reader.t(words)) }
                            td data-minor=(minor) { (money::amount(minor, &report.currency_code)) }
                        }
                    }
                }
            }
            p.muted { (reader.with("z-sales", &[("count", report.sales.into())])) }
            @if report.receipt_numbers_gapless { (chip("good", &reader.t("z-gapless"))) }
            @else { (chip("bad", &reader.t("z-gap"))) }
        }
    }
}

fn devices(reader: &Reader, scene: &Scene) -> Markup {
    html! {
        section.card #devices {
            h2 { (reader.t("devices-title")) }
            ul.rows {
                @for device in scene.status.iter().flat_map(|status| &status.devices) {
                    li data-device=(device.name) data-state=(device.state) {
                        span { (reader.code("device", &device.name)) }
                        (chip(device_look(device), &reader.code("condition", &device.state)))
                        @if !device.ok { p.advice { (trouble::advice(reader, device)) } }
                    }
                }
            }
            (troubles(reader, scene))
        }
    }
}

/// In the services' own words, which a person reads out to whoever helps them.
fn troubles(reader: &Reader, scene: &Scene) -> Markup {
    let told = scene.status.as_ref().map(|status| status.troubles.as_slice()).unwrap_or_default();
    html! {
        @if !told.is_empty() {
            div #troubles data-count=(told.len()) {
                p.advice { (reader.t("troubles-title")) }
                ul.rows {
                    @for trouble in told.iter().take(ROWS_MAX) {
                        li data-service=(trouble.service) {
                            span lang="en" { (trouble.service) ": " (trouble.text) }
                            small { (reader.ago(trouble.last_time.as_ref())) }
                        }
                    }
                }
            }
        }
    }
}

/// What a sale does not need and is not there is neither good nor bad.
fn device_look(device: &DeviceStatus) -> &'static str {
    match (device.ok, device.state.as_str()) {
        (false, _) => "bad",
        (true, "READY" | "STREAMING" | "SPEAKER_PRESENT") => "good",
        (true, _) => "",
    }
}

/// The sum with its sign, for headings.
pub fn sum(sale: &Sale) -> String {
    format!("{} {}", money::sign(basket::currency(sale)), money::of(sale.total.as_ref()))
}

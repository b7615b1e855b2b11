//! Everything about one sale side by side.

use chit_proto::checkout::v1::{DialogueText, Dispute, DisputeState, LookUpSaleResponse, Sale};
use chit_proto::media_capture::v1::Manifest;
use maud::{Markup, html};

use super::layout::{self, Frame, document, region};
use super::page::Region;
use super::{Action, Reader, chip, money, office, proof};

type Result<'a> = std::result::Result<(&'a LookUpSaleResponse, &'a Manifest), &'a str>;

pub fn page(reader: &Reader, regions: &[Region], up: bool, typed: &str, found: Option<Result<'_>>) -> Markup {
    let frame = Frame { page: "enquiry", title: "title-enquiry", up };
    let body = html! {
        (region(regions, "bar"))
        (layout::notice_place())
        main.enquiry #stage {
            h1.sr-only { (reader.t("title-enquiry")) }
            (form(reader, typed))
            @match found {
                None => { p.muted.hint { (reader.t("enquiry-hint")) } }
                Some(Err(reason)) => { div.notice.bad role="alert" data-reason=(reason) {
                    span.mark aria-hidden="true" { "!" } p { (reader.reason(reason)) } } }
                Some(Ok((answer, manifest))) => { (result(reader, answer, manifest)) }
            }
        }
        (layout::ask_dialog(reader))
        (layout::help_dialog(reader))
    };
    document(reader, &frame, &body)
}

/// A plain GET: the address names what is looked at, and a reload is one more logged look.
fn form(reader: &Reader, typed: &str) -> Markup {
    html! {
        form.look-up action="/enquiry" method="get" role="search" {
            label for="ref" { (reader.t("enquiry-label")) }
            input #ref name="ref" value=(typed) autocomplete="off" maxlength="300" autofocus[typed.is_empty()] data-key="F2";
            button.button.primary #act-look-up data-act="look-up" { (reader.t("look-up")) }
        }
    }
}

fn result(reader: &Reader, answer: &LookUpSaleResponse, manifest: &Manifest) -> Markup {
    let sale = answer.sale.clone().unwrap_or_default();
    html! {
        header.row.sale-head #result data-sale=(sale.sale_id) data-state=(super::sale::short(&sale)) {
            h2 { (reader.t("receipt-no")) " " span.mono { (sale.receipt_no) } }
            strong.big { (office::sum(&sale)) }
            (chip(super::sale::look(&sale), &reader.state(&sale)))
            span.muted { (reader.t("logged")) }
        }
        div.side-by-side {
            (goods(reader, &sale))
            (pictures(reader, &sale, answer, manifest))
            (dialogue(reader, answer))
        }
        div.side-by-side.two {
            (disputes(reader, &sale, &answer.disputes))
            (proof::section(reader, &sale, answer, manifest))
        }
    }
}

fn goods(reader: &Reader, sale: &Sale) -> Markup {
    let currency = super::basket::currency(sale);
    let receipt = sale.receipt.clone().unwrap_or_default();
    html! {
        section.card #goods {
            h3 { (reader.t("goods-title")) }
            table.goods {
                tbody {
                    @for line in &sale.lines {
                        tr {
                            th scope="row" { (line.description) }
                            td { (money::quantity(line.quantity_milli)) " × " (money::amount(line.unit_price_minor, currency)) }
                            td { strong { (money::amount(line.total_minor, currency)) } }
                        }
                    }
                }
            }
            dl.facts {
                dt { (reader.t("fact-cashier")) } dd { (sale.cashier) }
                dt { (reader.t("fact-time")) } dd { (reader.time(sale.commit_time.as_ref())) }
                dt { (reader.t("fact-payer")) } dd.mono { "··" (sale.payer_last4) }
                dt { (reader.t("fact-person")) }
                dd { (reader.t(match sale.same_person { Some(true) => "same-yes", Some(false) => "same-no", None => "same-not-asked" })) }
                dt { (reader.t("fact-lookup")) } dd.mono { (receipt.lookup_code) }
                dt { (reader.t("fact-copies")) } dd { (receipt.copies) }
            }
        }
    }
}

fn pictures(reader: &Reader, sale: &Sale, answer: &LookUpSaleResponse, manifest: &Manifest) -> Markup {
    let at = |name: &str| format!("/enquiry/{}/{name}", sale.sale_id);
    html! {
        section.card #evidence {
            h3 { (reader.t("evidence-title")) }
            @if answer.manifest.is_empty() { p.muted { (reader.t("evidence-not-sealed")) } }
            @if manifest.partial {
                p { (chip("bad", &reader.t("evidence-partial"))) " "
                    @for reason in &manifest.partial_reasons { span.muted { (reader.code("partial", reason)) " " } } }
            }
            @if !answer.video_file.is_empty() {
                video #video controls preload="metadata" src=(at(&answer.video_file)) aria-label=(reader.t("video-label")) {}
            }
            div.photos {
                @for (number, name) in answer.photo_files.iter().enumerate() {
                    figure {
                        a href=(at(name)) target="_blank" rel="noopener" {
                            img src=(at(name)) id={ "photo-" (number + 1) } loading="lazy"
                                alt=(reader.with("photo-number", &[("number", (number + 1).into())]));
                        }
                        figcaption { (reader.code("photo", &(number + 1).to_string())) }
                    }
                }
            }
        }
    }
}

fn dialogue(reader: &Reader, answer: &LookUpSaleResponse) -> Markup {
    html! {
        section.card #dialogue {
            h3 { (reader.t("dialogue-title")) }
            @if answer.dialogue.is_empty() { p.muted { (reader.t("dialogue-none")) } }
            ol.thread { @for message in &answer.dialogue { (bubble(reader, message)) } }
        }
    }
}

fn bubble(reader: &Reader, message: &DialogueText) -> Markup {
    html! {
        li.(if message.inbound { "theirs" } else { "ours" }) data-message=(message.message_id) {
            small { (reader.t(if message.inbound { "from-payer" } else { "from-shop" })) " · " (reader.code("purpose", &message.purpose)) }
            p { @if message.text.is_empty() { em.muted { (reader.t("text-not-kept")) } } @else { (message.text) } }
            small.muted { (reader.time(message.time.as_ref())) " " (reader.code("sms", &message.state)) }
        }
    }
}

fn disputes(reader: &Reader, sale: &Sale, disputes: &[Dispute]) -> Markup {
    let open = disputes.iter().any(|dispute| dispute.state() == DisputeState::Open);
    html! {
        section.card #sale-disputes {
            h3 { (reader.t("disputes-title")) }
            @if disputes.is_empty() { p.muted { (reader.t("disputes-none")) } }
            ul.rows { @for dispute in disputes { (dispute_row(reader, sale, dispute)) } }
            @if !open && !sale.receipt_no.is_empty() { (open_form(reader, sale, disputes.len())) }
        }
    }
}

fn dispute_row(reader: &Reader, sale: &Sale, dispute: &Dispute) -> Markup {
    let is_open = dispute.state() == DisputeState::Open;
    let button = |name, to, outcome, words, look| {
        let rid = format!("{name}-{}", dispute.dispute_id);
        let fields = [
            ("rid", rid.as_str()),
            ("dispute_id", &dispute.dispute_id),
            ("sale_id", &sale.sale_id),
            ("outcome", outcome),
        ];
        Action { name, to, fields: &fields, words, look, ..Action::default() }.html(reader)
    };
    html! {
        li data-dispute=(dispute.dispute_id) data-state=(outcome_code(dispute)) {
            span { (office::cause(reader, dispute)) }
            (chip(if is_open { "bad" } else { "" }, &office::outcome(reader, dispute)))
            small.muted { (dispute.opened_by) " " (reader.time(dispute.create_time.as_ref())) }
            @if !dispute.resolved_by.is_empty() {
                small.muted { "→ " (dispute.resolved_by) " " (reader.time(dispute.resolve_time.as_ref())) }
            }
            @if is_open {
                div.row.choices {
                    (button("uphold", "/dispute/resolve", "uphold", "uphold", ""))
                    (button("dismiss", "/dispute/resolve", "dismiss", "dismiss", ""))
                    (button("withdraw", "/dispute/withdraw", "", "withdraw", "quiet"))
                }
            }
        }
    }
}

fn outcome_code(dispute: &Dispute) -> &'static str {
    dispute.state().as_str_name().trim_start_matches("DISPUTE_STATE_")
}

fn open_form(reader: &Reader, sale: &Sale, before: usize) -> Markup {
    html! {
        form.row.open-dispute data-post action="/dispute/open" method="post" {
            input type="hidden" name="rid" value={ "dispute-" (sale.sale_id) "-" (before) };
            input type="hidden" name="sale_id" value=(sale.sale_id);
            label for="cause" { (reader.t("dispute-cause")) }
            select #cause name="cause" {
                @for cause in ["IN_PERSON", "NOT_MINE", "WRONG_GOODS"] {
                    option value=(cause) { (reader.code("cause", cause)) }
                }
            }
            button.button #act-open-dispute data-act="open-dispute" { (reader.t("open-dispute")) }
        }
    }
}

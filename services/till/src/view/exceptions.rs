//! What does not agree with the bank or cannot be collected: since when, who looks into it, and the one thing to do.

use chit_proto::checkout::v1::{BankException, StaffRole};
use maud::{Markup, html};

use super::{Action, Reader, chip, money};

/// Rows of the list; the rest is a number.
const ROWS_MAX: usize = 40;
/// As checkout takes it.
const NOTE_CHARS_MAX: usize = 200;

pub fn section(reader: &Reader, exceptions: &[BankException]) -> Markup {
    html! {
        section.card #exceptions data-count=(exceptions.len()) {
            h2 { (reader.t("exceptions-title")) }
            @if exceptions.is_empty() { p.muted { (reader.t("exceptions-none")) } }
            ul.rows {
                @for one in exceptions.iter().take(ROWS_MAX) { (row(reader, one)) }
            }
            @if exceptions.len() > ROWS_MAX {
                p.muted { (reader.with("rows-more", &[("count", (exceptions.len() - ROWS_MAX).into())])) }
            }
        }
    }
}

fn row(reader: &Reader, one: &BankException) -> Markup {
    let kind = one.kind().as_str_name().trim_start_matches("EXCEPTION_KIND_");
    let action = one.action().as_str_name().trim_start_matches("EXCEPTION_ACTION_");
    html! {
        li data-exception=(one.exception_id) data-kind=(kind) {
            (chip("bad", &reader.code("exception", kind)))
            @if !one.reason.is_empty() { span.mono { (one.reason) } }
            @if !one.sale_id.is_empty() { a href={ "/enquiry?ref=" (one.sale_id) } { (reader.t("exception-sale")) } }
            @if let (Some(expected), Some(reported)) = (&one.expected, &one.reported) {
                span { (money::of(Some(expected))) " / " (money::of(Some(reported))) }
            }
            small { (reader.ago(one.raise_time.as_ref())) }
            @if one.owner.is_empty() { (take(reader, one)) } @else { span.muted { (one.owner) } }
            p.advice { (reader.code("exception-do", action)) }
            @if !one.owner.is_empty() { (close(reader, one)) }
        }
    }
}

fn take(reader: &Reader, one: &BankException) -> Markup {
    let rid = format!("take-{}", one.exception_id);
    let fields = [("rid", rid.as_str()), ("exception_id", one.exception_id.as_str())];
    Action {
        name: "take-exception",
        of: &one.exception_id,
        to: "/office/exceptions/take",
        fields: &fields,
        words: "take-exception",
        ..Action::default()
    }
    .html(reader)
}

/// A word on what was done, by a supervisor.
fn close(reader: &Reader, one: &BankException) -> Markup {
    let (id, off) = (&one.exception_id, !reader.is_at_least(StaffRole::Supervisor));
    let note = format!("note-{id}");
    html! {
        form.action data-post action="/office/exceptions/close" method="post" autocomplete="off" {
            input type="hidden" name="rid" value={ "close-" (id) };
            input type="hidden" name="exception_id" value=(id);
            label for=(note) { (reader.t("exception-note")) }
            input id=(note) name="note" required maxlength=(NOTE_CHARS_MAX) disabled[off];
            button.button.quiet id={ "act-close-exception-" (id) } data-act="close-exception" disabled[off] {
                (reader.t("close-exception"))
            }
        }
    }
}

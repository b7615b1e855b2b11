//! Batches for the bank: what was expected, what the bank reported, what the ledger booked, and what a person has to say about
//! a file or a paper statement.

use chit_proto::checkout::v1::{HandOver, LedgerSums, ReconcileResponse, ReconciledBatch, StaffRole};
use chit_proto::money::v1::Money;
use maud::{Markup, html};

use super::layout::{self, Frame, document, region};
use super::page::Region;
use super::{Action, Reader, chip, money};

/// Rows of a table; the report has all of them.
pub const ROWS_MAX: usize = 40;
/// As checkout takes it.
const STATEMENT_CHARS_MAX: usize = 35;

/// None: the shop has no bank, or checkout is away.
pub fn page(
    reader: &Reader,
    regions: &[Region],
    up: bool,
    books: Option<&ReconcileResponse>,
    rid: &str,
) -> Markup {
    let frame = Frame { page: "batches", title: "title-batches", up };
    let body = html! {
        (region(regions, "bar"))
        (layout::notice_place())
        main.office #stage {
            h1.sr-only { (reader.t("title-batches")) }
            @match books {
                None => { div.column { section.card { p.muted { (reader.t("batches-none")) } } } }
                Some(books) => {
                    div.column { (batches(reader, books)) (days(reader, books)) }
                    div.column { (sums(reader, books)) (paper(reader, rid)) }
                }
            }
        }
        (layout::ask_dialog(reader))
        (layout::help_dialog(reader))
    };
    document(reader, &frame, &body)
}

fn sums(reader: &Reader, books: &ReconcileResponse) -> Markup {
    let rows = [
        ("batches-in-flight", &books.reported_in_flight, &books.ledger_in_flight),
        ("batches-at-bank", &books.reported_at_bank, &books.ledger_at_bank),
    ];
    html! {
        section.card #bank-sums data-agrees=(books.agrees) {
            header.row {
                h2 { (reader.t("batches-sums")) }
                @if books.agrees { (chip("good", &reader.t("batches-agree"))) } @else { (chip("bad", &reader.t("batches-differ"))) }
            }
            table.sums {
                tr { th {} th { (reader.t("batches-bank")) } th { (reader.t("batches-ledger")) } }
                @for (words, reported, ledger) in rows {
                    tr { th { (reader.t(words)) } td { (money::of(reported.as_ref())) } td { (money::of(ledger.as_ref())) } }
                }
            }
            p { (reader.t("batches-owed")) " " strong { (money::of(books.ledger_returned.as_ref())) } }
            p { a href="/office#exceptions" { (reader.with("batches-exceptions", &[("count", books.open_exceptions.into())])) } }
            div.row.choices {
                a.button #act-report-pdf data-act="report-pdf" href="/batches/reconciliation.pdf" { (reader.t("batches-pdf")) }
                a.button #act-report-csv data-act="report-csv" href="/batches/reconciliation.csv" { (reader.t("batches-csv")) }
            }
        }
    }
}

fn head(reader: &Reader, first: &str) -> Markup {
    html! {
        tr {
            th { (reader.t(first)) }
            @for words in ["batches-expected", "batches-came", "batches-refused", "batches-returned"] { th { (reader.t(words)) } }
        }
    }
}

/// What the bank reported; behind it what the ledger booked, where that is something else.
fn both(reader: &Reader, reported: Option<&Money>, ledger: Option<&Money>) -> Markup {
    let differs = ledger.is_some_and(|ledger| Some(ledger) != reported);
    html! {
        td data-differs=(differs) {
            (money::of(reported))
            @if differs { br; small.bad { (reader.t("batches-ledger")) " " (money::of(ledger)) } }
        }
    }
}

fn batches(reader: &Reader, books: &ReconcileResponse) -> Markup {
    html! {
        section.card #bank-batches data-count=(books.batches.len()) {
            h2 { (reader.t("title-batches")) }
            div.wide tabindex="0" {
                table.sums {
                    (head(reader, "batches-batch"))
                    @for batch in books.batches.iter().take(ROWS_MAX) { (row(reader, batch)) }
                }
            }
            @if books.batches.len() > ROWS_MAX {
                p.muted { (reader.with("rows-more", &[("count", (books.batches.len() - ROWS_MAX).into())])) }
            }
        }
    }
}

fn row(reader: &Reader, batch: &ReconciledBatch) -> Markup {
    let ledger = batch.ledger.as_ref();
    let of = |pick: fn(&LedgerSums) -> Option<&Money>| ledger.and_then(pick);
    html! {
        tr data-batch=(batch.batch_id) data-agrees=(batch.agrees) {
            td {
                (reader.time(batch.create_time.as_ref())) br;
                @if batch.agrees { (chip("good", &reader.t("batches-agree"))) } @else { (chip("bad", &reader.t("batches-differ"))) }
                (handing_over(reader, batch))
            }
            td { (money::of(batch.expected.as_ref())) }
            (both(reader, batch.received.as_ref(), of(|sums| sums.received.as_ref())))
            (both(reader, batch.refused.as_ref(), of(|sums| sums.refused.as_ref())))
            (both(reader, batch.returned.as_ref(), of(|sums| sums.returned.as_ref())))
        }
    }
}

fn handing_over(reader: &Reader, batch: &ReconciledBatch) -> Markup {
    let far = batch.hand_over();
    let name = far.as_str_name().trim_start_matches("HAND_OVER_");
    let look = match far {
        HandOver::Done => "good",
        HandOver::Failed | HandOver::InDoubt => "bad",
        _ => "busy",
    };
    let waits = matches!(far, HandOver::Failed | HandOver::InDoubt);
    html! {
        @if far != HandOver::Unspecified { span data-hand-over=(name) { (chip(look, &reader.code("hand-over", name))) } }
        @if waits { (resolve(reader, batch, "arrived")) (resolve(reader, batch, "again")) }
    }
}

/// What a person found out: "arrived" or "again".
fn resolve(reader: &Reader, batch: &ReconciledBatch, found: &str) -> Markup {
    let rid = format!("hand-{found}-{}-{}", batch.batch_id, reader.now.as_second() / 60);
    let fields = [("rid", rid.as_str()), ("batch_id", &batch.batch_id), ("found", found)];
    let name = format!("hand-over-{found}");
    Action {
        name: &name,
        of: &batch.batch_id,
        to: "/batches/hand-over",
        fields: &fields,
        words: &name,
        look: "quiet",
        off: !reader.is_at_least(StaffRole::Supervisor),
        ..Action::default()
    }
    .html(reader)
}

fn days(reader: &Reader, books: &ReconcileResponse) -> Markup {
    html! {
        section.card #bank-days data-count=(books.days.len()) {
            h2 { (reader.t("batches-days")) }
            p.muted { (reader.t("batches-days-hint")) }
            div.wide tabindex="0" {
                table.sums {
                    (head(reader, "batches-day"))
                    @for day in books.days.iter().take(ROWS_MAX) {
                        tr data-day=(day.day) {
                            td { (day.day) }
                            @for money in [&day.expected, &day.received, &day.refused, &day.returned] { td { (money::of(money.as_ref())) } }
                        }
                    }
                }
            }
        }
    }
}

/// One line of a paper statement at a time.
fn paper(reader: &Reader, rid: &str) -> Markup {
    let off = !reader.is_at_least(StaffRole::Supervisor);
    let field = |name: &str, words: &str, max: usize, required: bool| {
        let id = format!("paper-{name}");
        html! {
            label for=(id) { (reader.t(words)) }
            input id=(id) name=(name) maxlength=(max) required[required] disabled[off] autocomplete="off";
        }
    };
    html! {
        section.card #paper {
            h2 { (reader.t("paper-title")) }
            p.muted { (reader.t("paper-hint")) }
            form.stacked data-post action="/batches/mark" method="post" autocomplete="off" {
                input type="hidden" name="rid" value=(rid);
                (field("statement", "paper-statement", STATEMENT_CHARS_MAX, true))
                (field("sale", "paper-sale", 64, true))
                label for="paper-outcome" { (reader.t("paper-outcome")) }
                select #paper-outcome name="outcome" disabled[off] {
                    @for outcome in ["PAID", "REFUSED", "RETURNED"] { option value=(outcome) { (reader.code("paper", outcome)) } }
                }
                (field("amount", "paper-amount", 16, true))
                (field("reason", "paper-reason", 4, false))
                label for="paper-day" { (reader.t("paper-day")) }
                input #paper-day type="date" name="booked_on" required disabled[off];
                @if off { p.muted { (reader.t("supervisor-only")) } }
                button.button.primary #act-mark-paper data-act="mark-paper" disabled[off] { (reader.t("paper-mark")) }
            }
        }
    }
}

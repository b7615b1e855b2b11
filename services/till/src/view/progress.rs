//! What happens by itself after a sale is committed, step by step.

use chit_proto::checkout::v1::{Evidence, EvidenceState, Receipt, ReceiptState, Sale};
use maud::{Markup, html};

use super::Reader;
use crate::thumb;

/// How far a step is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Done,
    Now,
    Later,
    Missing,
}

impl Step {
    fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Later => "later",
            Self::Missing => "missing",
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Done => "✓",
            Self::Now => "●",
            Self::Later => "○",
            Self::Missing => "!",
        }
    }
}

pub fn steps(reader: &Reader, sale: &Sale) -> Markup {
    let receipt = sale.receipt.clone().unwrap_or_default();
    let evidence = sale.evidence.clone().unwrap_or_default();
    let all = [
        ("stored", Step::Done, "step-stored"),
        ("photo-1", photo_1(&evidence, &receipt), "step-photo-1"),
        ("video", video(&evidence), "step-video"),
        ("receipt", paper(&receipt), "step-receipt"),
        ("photo-2", photo_2(&evidence, &receipt), "step-photo-2"),
    ];
    let on_paper = receipt.state() == ReceiptState::Printed;
    html! {
        section.progress aria-labelledby="progress-title" {
            header.row {
                h1 #progress-title { (reader.t(if on_paper { "progress-done" } else { "progress-title" })) }
                span.mono #receipt-no { (sale.receipt_no) }
            }
            ol.steps aria-live="polite" {
                @for (name, step, words) in all {
                    li.(step.class()) id={ "step-" (name) } data-step=(step.class()) {
                        span.mark aria-hidden="true" { (step.mark()) }
                        span.name { (reader.t(words)) }
                        small { (reader.code("step", step.class())) }
                    }
                }
            }
        }
    }
}

fn photo_1(evidence: &Evidence, receipt: &Receipt) -> Step {
    match (evidence.photo_1_sha256.is_empty(), receipt.state()) {
        (false, _) => Step::Done,
        (true, ReceiptState::Printed) => Step::Missing,
        (true, _) => Step::Now,
    }
}

/// A supervisor released the goods without pictures: a step that will not come is not shown as under way.
fn is_given_up(evidence: &Evidence) -> bool {
    !evidence.override_by.is_empty()
}

fn video(evidence: &Evidence) -> Step {
    match evidence.state() {
        EvidenceState::Unspecified => Step::Later,
        EvidenceState::Recording if is_given_up(evidence) => Step::Missing,
        EvidenceState::Recording => Step::Now,
        EvidenceState::Sealed => Step::Done,
        EvidenceState::Partial => Step::Missing,
    }
}

fn paper(receipt: &Receipt) -> Step {
    match receipt.state() {
        ReceiptState::Unspecified | ReceiptState::Waiting => Step::Later,
        ReceiptState::Printing => Step::Now,
        ReceiptState::Printed => Step::Done,
        ReceiptState::Blocked | ReceiptState::InDoubt | ReceiptState::Failed => Step::Missing,
    }
}

fn photo_2(evidence: &Evidence, receipt: &Receipt) -> Step {
    match (evidence.photo_2_sha256.is_empty(), receipt.state()) {
        (false, _) => Step::Done,
        (true, ReceiptState::Printed) if is_given_up(evidence) => Step::Missing,
        (true, ReceiptState::Printed) => Step::Now,
        (true, _) => Step::Later,
    }
}

/// The camera's eye, while it films this sale.
pub fn live(reader: &Reader, sale: &Sale) -> Markup {
    html! {
        @if thumb::is_filmed(sale) {
            figure.live {
                img #live data-keep data-live="/thumb.jpg" src="/thumb.jpg" alt=(reader.t("live-alt"));
                figcaption.sees { span.mark aria-hidden="true" { "●" } " " (reader.t("live")) }
                figcaption.blind { span.mark aria-hidden="true" { "!" } " " (reader.t("live-blind")) }
            }
        }
    }
}

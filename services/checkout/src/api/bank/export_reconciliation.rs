use std::collections::BTreeMap;
use std::sync::Arc;

use chit_proto::checkout::v1::{
    ExportReconciliationRequest, ExportReconciliationResponse, ReconciliationFormat,
};
use chit_reconciliation::{Batch, Day, Language, Report, Sides, Sums, Totals, csv, pdf};
use jiff::civil::Date;
use tonic::Status;

use super::two_sources::{self, Balances, DAYS_MAX, Reported};
use crate::api::call::Call;
use crate::api::status::peer_status;
use crate::api::{page, pieces};
use crate::collection::by_ledger::ByLedger;
use crate::collection::exceptions::Exception;
use crate::collection::filed::{FileSums, Filed};
use crate::config::bank::no_bank;
use crate::context::Shop;
use crate::store::records::bank::BankDay;
use crate::values::name::Named;
use crate::values::reason::Reason;
use crate::values::refusal::Refusal;
use crate::values::time::{DAY_MS, ms_between};

pub type Pieces = pieces::Pieces<ExportReconciliationResponse>;

/// An accountant who has more of them open looks at the page instead.
const EXCEPTIONS_MAX: usize = 1_000;

pub async fn handle(shop: &Arc<Shop>, call: Call<ExportReconciliationRequest>) -> Result<Pieces, Status> {
    if shop.bank.is_none() {
        return Err(no_bank().into());
    }
    let size = page::size(call.body.page_size)?;
    let (language, format) = (language(&call.body.language)?, format(&call)?);
    let reported = two_sources::reported(shop, size).await?;
    let ledger = two_sources::by_ledger(shop, &reported.files).await.map_err(peer_status)?;
    let balances = two_sources::balances(shop).await.map_err(peer_status)?;
    let exceptions = shop.store.read(|view| view.exceptions(true, None, EXCEPTIONS_MAX)).await?;
    let report = report(shop, language, &reported, &ledger, &balances, &exceptions);
    let bytes = match format {
        ReconciliationFormat::Pdf => pdf(&report, language),
        _ => csv(&report, language).map_err(|error| Refusal::internal(error.to_string()))?,
    };
    Ok(pieces::stream(pieces::of(&bytes, |chunk| ExportReconciliationResponse { chunk })))
}

fn language(tag: &str) -> Result<Language, Refusal> {
    let tag = if tag.is_empty() { "en" } else { tag };
    let remedy = "use \"zh-CN\" or \"en\"";
    Language::of_tag(tag).ok_or_else(|| Refusal::field("language", Reason::LANGUAGE_INVALID, remedy))
}

fn format(call: &Call<ExportReconciliationRequest>) -> Result<ReconciliationFormat, Refusal> {
    match call.body.format() {
        ReconciliationFormat::Unspecified => {
            Err(Refusal::field("format", Reason::KIND_INVALID, "say CSV or PDF"))
        }
        format => Ok(format),
    }
}

fn report(
    shop: &Shop,
    language: Language,
    reported: &Reported,
    ledger: &ByLedger,
    balances: &Balances,
    exceptions: &[Exception],
) -> Report {
    let now = shop.clock.now();
    let local = shop.voice.quiet.zone.to_datetime(now);
    let batch = |filed: &Filed| Batch {
        id: filed.batch.to_string(),
        made_on: shop.voice.quiet.local_day(filed.created_at).to_string(),
        sides: Sides {
            expected: filed.expected_minor(),
            reported: of(&filed.reported()),
            ledger: of(&ledger.batch(filed.batch)),
        },
    };
    Report {
        shop: shop.cfg.shop_name(language.is_chinese()).to_owned(),
        currency: shop.currency.code().to_owned(),
        made_at: local.strftime("%Y-%m-%d %H:%M").to_string(),
        totals: Totals {
            reported_in_flight: reported.in_flight_minor,
            reported_at_bank: reported.at_bank_minor,
            ledger_in_flight: balances.in_flight_minor,
            ledger_at_bank: balances.at_bank_minor,
            ledger_returned: balances.returned_minor,
        },
        batches: reported.files.iter().map(batch).collect(),
        days: days(&reported.days, ledger),
        exceptions: exceptions.iter().map(|one| exception(one, now)).collect(),
    }
}

fn of(sums: &FileSums) -> Sums {
    let FileSums { in_flight, received, refused, returned } = *sums;
    Sums { in_flight, received, refused, returned }
}

/// Those of either side, newest first.
fn days(reported: &[(Date, BankDay)], ledger: &ByLedger) -> Vec<Day> {
    let mut days: BTreeMap<Date, Sides> = BTreeMap::new();
    for (on, sums) in reported {
        let (received, refused, returned) = (sums.received_minor, sums.refused_minor, sums.returned_minor);
        let reported = Sums { received, refused, returned, ..Sums::default() };
        days.insert(*on, Sides { expected: sums.expected_minor, reported, ..Sides::default() });
    }
    for on in ledger.days() {
        days.entry(on).or_default().ledger = of(&ledger.day(on));
    }
    let newest = days.into_iter().rev().take(DAYS_MAX);
    newest.map(|(on, sides)| Day { day: on.to_string(), sides }).collect()
}

fn exception(one: &Exception, now: jiff::Timestamp) -> chit_reconciliation::Exception {
    let found = &one.found;
    let about = [
        found.sale.map(|sale| sale.to_string()),
        found.batch.map(|batch| batch.to_string()),
        found.payer.map(|payer| payer.to_string()),
        Some(found.reference.clone()),
    ];
    let reported = found.reported_minor.map(|minor| (minor, found.reported_currency.clone()));
    chit_reconciliation::Exception {
        id: one.id.to_string(),
        kind: found.kind.name(),
        action: action_name(found.kind.action()),
        about: about.into_iter().flatten().next().unwrap_or_default(),
        expected: found.expected_minor,
        reported,
        reason: found.reason.clone(),
        age_days: u32::try_from(ms_between(one.raised_at, now) / DAY_MS).unwrap_or_default(),
        owner: one.owner.clone().unwrap_or_default(),
    }
}

fn action_name(action: crate::collection::exceptions::Action) -> String {
    let shown = chit_proto::checkout::v1::ExceptionAction::try_from(action as i32).unwrap_or_default();
    shown.as_str_name().trim_start_matches("EXCEPTION_ACTION_").to_owned()
}

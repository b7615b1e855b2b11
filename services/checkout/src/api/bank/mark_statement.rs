use std::sync::Arc;

use chit_iso20022::{Message, Money};
use chit_proto::checkout::v1::{MarkStatementRequest, MarkStatementResponse, StatementLine};
use iso_currency::Currency;
use jiff::civil::Date;
use tonic::Status;

use crate::api::call::Call;
use crate::api::{mutation, shown_bank};
use crate::bank::Desk;
use crate::bank::paper::{self, LINES_MAX, Line, Outcome};
use crate::config::bank::no_bank;
use crate::context::Shop;
use crate::sale;
use crate::staff::approval::{Act, Hands};
use crate::store::View;
use crate::values::ids::{PostingId, SaleId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result as Found};

const STATEMENT_CHARS_MAX: usize = 35;
/// An external code of ISO 20022.
const REASON_LEN: usize = 4;

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<MarkStatementRequest>,
) -> Result<MarkStatementResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &call).await? {
        return Ok(known);
    }
    let iban = shop.bank.as_ref().ok_or_else(no_bank)?.creditor.iban.clone();
    let statement = name(&call.body.statement)?;
    let today = shop.voice.quiet.local_day(shop.clock.now());
    let (asked, actor) = (call.body.lines.clone(), call.actor());
    let marker = actor.clone();
    let (lines, hands) = shop.store.read(move |view| read(view, &asked, today, marker)).await?;
    let approval = mutation::approval(call.body.approval.clone());
    let grant = shop.approve(call.by.origin.clone(), approval, Act::MarkStatement, hands).await?;
    let posting: PostingId = shop.new_id()?;
    let desk = Desk {
        by: actor,
        iban,
        currency: shop.currency,
        today,
        file: paper::mark_of(posting, &statement),
        message: Message::Camt053,
    };
    // A file and a paper must not speak of the same debit at once.
    let _place = shop.imports.lock().await;
    mutation::once(shop, &call, move |tx| {
        grant.record(tx, posting)?;
        let tally = paper::mark(tx, &desk, posting, &statement, &lines)?;
        Ok(MarkStatementResponse { tally: Some(shown_bank::tally(tally)) })
    })
    .await
}

fn name(statement: &str) -> Result<String, Refusal> {
    let name = statement.trim();
    let fits = (1..=STATEMENT_CHARS_MAX).contains(&name.chars().count());
    if fits && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    let remedy = "say in 1 to 35 printable characters which paper it is, e.g. \"2026-12, page 3\"";
    Err(invalid("statement", remedy))
}

/// The lines, and everybody who may not vouch for them: who marks them, and who had a hand in a sale or enrolled its payer.
fn read(view: &View, asked: &[StatementLine], today: Date, marker: String) -> Found<(Vec<Line>, Hands)> {
    if !(1..=LINES_MAX).contains(&asked.len()) {
        return Err(invalid("lines", "mark 1 to 100 lines at a time"));
    }
    let mut hands = Hands { of_sale: vec![marker], ..Hands::NONE };
    let mut lines = Vec::new();
    for (at, one) in asked.iter().enumerate() {
        let sale = view.sale_by_reference(&one.sale)?;
        let of_sale = sale::hands(view, sale)?;
        hands.of_sale.extend(of_sale.of_sale);
        hands.of_sale.extend(of_sale.enrolled_by);
        lines.push(line(one, sale, today).map_err(|wrong| wrong.refusal(at))?);
    }
    Ok((lines, hands))
}

struct Wrong {
    field: &'static str,
    remedy: &'static str,
}

impl Wrong {
    fn refusal(&self, at: usize) -> Refusal {
        invalid(&format!("lines[{at}].{}", self.field), self.remedy)
    }
}

fn line(asked: &StatementLine, sale: SaleId, today: Date) -> Result<Line, Wrong> {
    let wrong = |field, remedy| Wrong { field, remedy };
    let outcome = Outcome::ALL.into_iter().find(|outcome| *outcome as i32 == asked.outcome);
    let outcome = outcome.ok_or_else(|| wrong("outcome", "say PAID, REFUSED or RETURNED"))?;
    let amount = asked.amount.clone().unwrap_or_default();
    let currency = Currency::from_code(&amount.currency_code);
    let currency = currency.filter(|_| amount.amount_minor > 0);
    let currency = currency.ok_or_else(|| wrong("amount", "give the amount of the paper, more than 0"))?;
    let reason = asked.reason.trim();
    let is_code = reason.len() == REASON_LEN
        && reason.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !(reason.is_empty() || (is_code && outcome != Outcome::Paid)) {
        return Err(wrong(
            "reason",
            "give the bank's code, such as AM04, where the debit was not paid; else nothing",
        ));
    }
    let on = match asked.booked_on.as_str() {
        "" => Some(today),
        day => day.parse().ok().filter(|day: &Date| *day <= today),
    };
    Ok(Line {
        sale,
        outcome,
        amount: Money { minor: amount.amount_minor, currency },
        reason: reason.to_owned(),
        on: on.ok_or_else(|| wrong("booked_on", "give a day as 2026-11-24, not after today"))?,
    })
}

fn invalid(field: &str, remedy: &str) -> Refusal {
    Refusal::field(field, Reason::STATEMENT_LINE_INVALID, remedy)
}

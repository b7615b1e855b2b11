//! What does not agree with the bank, and what to do about each.

use chit_proto::checkout::v1::{
    BankException, CloseExceptionRequest, ExceptionAction, ExceptionKind, ListExceptionsRequest,
    TakeExceptionRequest,
};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::money;
use crate::shop::{Shop, ask};
use crate::view;

#[derive(Subcommand, Debug)]
pub enum ExceptionCommand {
    /// You look into it.
    Take {
        /// ULID of the exception.
        exception: String,
    },
    /// It is done.
    Close {
        /// ULID of the exception.
        exception: String,
        /// What was done, without names of payers.
        #[arg(long)]
        note: String,
    },
}

pub async fn run(shop: &Shop, command: Option<ExceptionCommand>, all: bool) -> Result<(), Failure> {
    let (client, request_id) = (shop.bank(), shop.request_id());
    let exceptions = match command {
        Some(ExceptionCommand::Take { exception: exception_id }) => {
            let request = TakeExceptionRequest { request_id, exception_id };
            Vec::from_iter(ask!(client.take_exception(request)).await?.exception)
        }
        Some(ExceptionCommand::Close { exception: exception_id, note }) => {
            let request = CloseExceptionRequest { request_id, exception_id, note };
            Vec::from_iter(ask!(client.close_exception(request)).await?.exception)
        }
        None => {
            let request =
                ListExceptionsRequest { with_closed: all, page_size: 1000, page_token: String::new() };
            ask!(client.list_exceptions(request)).await?.exceptions
        }
    };
    let text = match exceptions.as_slice() {
        [] => "nothing does not agree".to_owned(),
        some => some.iter().map(|one| text(shop, one) + "\n").collect(),
    };
    let value: Vec<Value> = exceptions.iter().map(value).collect();
    shop.output.result(text, &json!({ "exceptions": value }));
    Ok(())
}

pub fn kind_name(kind: ExceptionKind) -> &'static str {
    let name = kind.as_str_name();
    name.strip_prefix("EXCEPTION_KIND_").unwrap_or(name)
}

fn remedy(action: ExceptionAction) -> &'static str {
    match action {
        ExceptionAction::Unspecified => "",
        ExceptionAction::AskBank => "ask the bank, then `chit settle exceptions close` with its answer",
        ExceptionAction::RecordMandate => "let the payer sign, then `chit payer mandate`",
        ExceptionAction::SettleAgain => "mend what the reason names, close it, then `chit settle run`",
        ExceptionAction::ReleaseOrCollect => "`chit deduct release` to try again, or take cash",
        ExceptionAction::MendLedger => "mend what the reason names; it is tried again by itself",
        ExceptionAction::ResolveHandOver => {
            "ask the bank whether it has the file, then `chit settle hand-over`"
        }
        ExceptionAction::ImportRightFile => "import the statement of the shop's own account",
    }
}

fn text(shop: &Shop, one: &BankException) -> String {
    let zone = &shop.shared.time_zone;
    view::table(&[
        ("exception", one.exception_id.clone()),
        ("what", kind_name(one.kind()).to_owned()),
        ("bank's reason", one.reason.clone()),
        ("sale", one.sale_id.clone()),
        ("payer", one.payer_id.clone()),
        ("batch", one.batch_id.clone()),
        ("bank's id", one.reference.clone()),
        ("expected", money::text(one.expected.as_ref())),
        ("reported", money::text(one.reported.as_ref())),
        ("since", view::local_time(one.raise_time.as_ref(), zone)),
        ("age", format!("{} days", one.age_days)),
        ("owner", one.owner.clone()),
        ("do", if one.close_time.is_none() { remedy(one.action()).to_owned() } else { String::new() }),
        ("closed", view::local_time(one.close_time.as_ref(), zone)),
        ("note", one.note.clone()),
    ])
}

fn value(one: &BankException) -> Value {
    json!({
        "exception_id": one.exception_id,
        "kind": kind_name(one.kind()),
        "reason": one.reason,
        "sale_id": one.sale_id,
        "payer_id": one.payer_id,
        "batch_id": one.batch_id,
        "reference": one.reference,
        "expected": money::text(one.expected.as_ref()),
        "reported": money::text(one.reported.as_ref()),
        "raise_time": view::time(one.raise_time.as_ref()),
        "age_days": one.age_days,
        "owner": one.owner,
        "close_time": view::time(one.close_time.as_ref()),
        "closed_by": one.closed_by,
        "note": one.note,
    })
}

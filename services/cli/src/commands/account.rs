//! `chit account`: what payers owe on their accounts in the shop, and what they pay.

use std::fmt::Write as _;

use chit_proto::checkout::v1::{
    GetHouseAccountRequest, GetHouseAccountResponse, HouseAccount, HouseEntry, HouseEntryKind,
    ListHouseAccountsRequest, PayInRequest, PayOutRequest,
};
use chit_proto::money::v1::Money;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::approval::ApprovalArgs;
use crate::failure::Failure;
use crate::money;
use crate::shop::{Shop, ask};
use crate::view;

const PAGE_SIZE: u32 = 1_000;

#[derive(Subcommand, Debug)]
pub enum AccountCommand {
    /// Show an account and its statement, newest first.
    Show {
        /// 16 hexadecimal digits of the payer.
        payer: String,
    },
    /// Take cash: a debt is paid off, or something is paid in for later.
    PayIn {
        /// 16 hexadecimal digits of the payer.
        payer: String,
        /// What was counted, in minor units: 500 is 5.00.
        #[arg(long, value_name = "MINOR")]
        amount_minor: i64,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// Give cash back that was paid in and not used.
    PayOut {
        /// 16 hexadecimal digits of the payer.
        payer: String,
        /// What was given, in minor units: 500 is 5.00.
        #[arg(long, value_name = "MINOR")]
        amount_minor: i64,
        #[command(flatten)]
        approval: ApprovalArgs,
    },
    /// List accounts on which something is owed.
    List {
        /// Only those on which something should have been paid before today.
        #[arg(long)]
        overdue: bool,
    },
}

pub async fn run(shop: &Shop, command: AccountCommand, currency: &str) -> Result<(), Failure> {
    let client = shop.house_accounts();
    match command {
        AccountCommand::Show { payer } => show(shop, &payer).await,
        AccountCommand::PayIn { payer: payer_id, amount_minor, approval } => {
            let approval = Some(approval.needed().await?);
            let amount = Some(Money { amount_minor, currency_code: currency.to_owned() });
            let request = PayInRequest { request_id: shop.request_id(), payer_id, amount, approval };
            let account = ask!(client.pay_in(request)).await?.account.unwrap_or_default();
            shop.output.result(text(&account), &value(&account));
            Ok(())
        }
        AccountCommand::PayOut { payer: payer_id, amount_minor, approval } => {
            let approval = Some(approval.needed().await?);
            let amount = Some(Money { amount_minor, currency_code: currency.to_owned() });
            let request = PayOutRequest { request_id: shop.request_id(), payer_id, amount, approval };
            let account = ask!(client.pay_out(request)).await?.account.unwrap_or_default();
            shop.output.result(text(&account), &value(&account));
            Ok(())
        }
        AccountCommand::List { overdue: overdue_only } => {
            let (mut accounts, mut page_token) = (Vec::new(), String::new());
            loop {
                let request = ListHouseAccountsRequest { overdue_only, page_size: PAGE_SIZE, page_token };
                let page = ask!(client.list_house_accounts(request)).await?;
                accounts.extend(page.accounts);
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
            let shown: String = accounts.iter().map(|account| text(account) + "\n").collect();
            let values: Vec<Value> = accounts.iter().map(value).collect();
            shop.output.result(shown, &json!({ "accounts": values }));
            Ok(())
        }
    }
}

/// The account as the first page has it, with the lines of all pages.
async fn whole(shop: &Shop, payer_id: &str) -> Result<GetHouseAccountResponse, Failure> {
    let (client, mut entries, mut page_token) = (shop.house_accounts(), Vec::new(), String::new());
    loop {
        let request =
            GetHouseAccountRequest { payer_id: payer_id.to_owned(), page_size: PAGE_SIZE, page_token };
        let mut page = ask!(client.get_house_account(request)).await?;
        entries.append(&mut page.entries);
        page_token = std::mem::take(&mut page.next_page_token);
        if page_token.is_empty() {
            return Ok(GetHouseAccountResponse { entries, ..page });
        }
    }
}

/// For programs.
pub async fn statement(shop: &Shop, payer_id: &str) -> Result<Value, Failure> {
    Ok(statement_of(&whole(shop, payer_id).await?))
}

fn statement_of(whole: &GetHouseAccountResponse) -> Value {
    let mut object = value(&whole.account.clone().unwrap_or_default());
    object["ledger_owed_minor"] = minor(whole.ledger_owed.as_ref()).into();
    object["entries"] = whole.entries.iter().map(entry_value).collect();
    object
}

async fn show(shop: &Shop, payer_id: &str) -> Result<(), Failure> {
    let whole = whole(shop, payer_id).await?;
    let mut shown = text(&whole.account.clone().unwrap_or_default());
    let _ = writeln!(shown, "\nin the ledger: {} owed", money::text(whole.ledger_owed.as_ref()));
    for entry in &whole.entries {
        let at = view::local_time(entry.time.as_ref(), &shop.shared.time_zone);
        let amount = money::text(entry.amount.as_ref());
        let due = if entry.due_on.is_empty() { String::new() } else { format!(", due {}", entry.due_on) };
        let _ = writeln!(shown, "{at} {} {amount} {}{due}", kind(entry), entry.sale_number);
    }
    shop.output.result(shown, &statement_of(&whole));
    Ok(())
}

fn minor(money: Option<&Money>) -> i64 {
    money.map_or(0, |money| money.amount_minor)
}

fn kind(entry: &HouseEntry) -> &'static str {
    match entry.kind() {
        HouseEntryKind::Unspecified => "",
        HouseEntryKind::Charged => "charged",
        HouseEntryKind::PaidIn => "paid in",
        HouseEntryKind::Refunded => "refunded",
        HouseEntryKind::PaidOut => "paid out",
    }
}

fn text(account: &HouseAccount) -> String {
    let first = account.open.first().map(|charge| charge.due_on.clone()).unwrap_or_default();
    view::table(&[
        ("payer", account.payer_id.clone()),
        ("owed", money::text(account.owed.as_ref())),
        ("overdue", money::text(account.overdue.as_ref())),
        ("paid in before", money::text(account.credit.as_ref())),
        ("first due", first),
    ])
}

fn value(account: &HouseAccount) -> Value {
    let open = account.open.iter().map(|charge| {
        json!({
            "sale_id": charge.sale_id,
            "sale_number": charge.sale_number,
            "left_minor": minor(charge.left.as_ref()),
            "due_on": charge.due_on,
            "reminded": charge.reminded,
        })
    });
    json!({
        "payer_id": account.payer_id,
        "owed_minor": minor(account.owed.as_ref()),
        "overdue_minor": minor(account.overdue.as_ref()),
        "credit_minor": minor(account.credit.as_ref()),
        "open": open.collect::<Vec<_>>(),
    })
}

fn entry_value(entry: &HouseEntry) -> Value {
    json!({
        "kind": kind(entry),
        "amount_minor": minor(entry.amount.as_ref()),
        "time": view::time(entry.time.as_ref()),
        "actor": entry.actor,
        "sale_id": entry.sale_id,
        "sale_number": entry.sale_number,
        "due_on": entry.due_on,
    })
}

//! HouseAccountService.

mod cash;
mod get_house_account;
mod list_house_accounts;
mod pay_in;
mod pay_out;

use chit_proto::checkout::v1::{HouseAccount, HouseCharge, HouseEntry};
use iso_currency::Currency;
use jiff::civil::Date;

use super::convert::{id, money, time};
use crate::collection::house;
use crate::values::ids::PayerId;

super::calls! {
    chit_proto::checkout::v1::house_account_service_server::HouseAccountService {
        pay_in(PayInRequest) -> PayInResponse for STAFF,
        pay_out(PayOutRequest) -> PayOutResponse for STAFF,
        get_house_account(GetHouseAccountRequest) -> GetHouseAccountResponse for LOOK,
        list_house_accounts(ListHouseAccountsRequest) -> ListHouseAccountsResponse for LOOK,
    }
}

fn shown(payer: PayerId, account: &house::HouseAccount, currency: Currency, today: Date) -> HouseAccount {
    let code = currency.code();
    let charge = |charge: &house::Charge| HouseCharge {
        sale_id: charge.sale.to_string(),
        sale_number: charge.number.to_string(),
        left: money(charge.left_minor, code),
        due_on: charge.due_on.to_string(),
        reminded: charge.reminded,
    };
    HouseAccount {
        payer_id: payer.to_string(),
        owed: money(account.owed_minor(), code),
        overdue: money(account.overdue_minor(today), code),
        credit: money(account.credit_minor, code),
        open: account.open.iter().map(charge).collect(),
    }
}

fn shown_entry(entry: &house::Entry, currency: Currency) -> HouseEntry {
    HouseEntry {
        kind: entry.kind as i32,
        amount: money(entry.amount_minor, currency.code()),
        time: time(entry.at),
        actor: entry.by.clone(),
        sale_id: id(entry.sale.map(|(sale, _)| sale)),
        sale_number: id(entry.sale.map(|(_, number)| number)),
        due_on: id(entry.due_on),
    }
}

use std::sync::Arc;

use chit_proto::checkout::v1::{GetZReportRequest, GetZReportResponse};
use tonic::Status;

use crate::api::call::Call;
use crate::api::convert;
use crate::context::Shop;
use crate::shift::{self, Report, Shift};
use crate::store::View;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result as Found};
use jiff::civil::Date;

pub async fn handle(shop: &Arc<Shop>, call: Call<GetZReportRequest>) -> Result<GetZReportResponse, Status> {
    let currency = shop.currency.code();
    let (number, day) = (call.body.shift, call.body.day);
    let day: Date = match day.as_str() {
        "" => shop.voice.quiet.local_day(shop.clock.now()),
        day => day.parse().map_err(|_no_day| {
            Refusal::field("day", Reason::DAY_INVALID, "give a day as 2026-11-24, or nothing for today")
        })?,
    };
    let look = move |view: &View| match number {
        0 => {
            let report = shift::of_day(view, &day.strftime("%Y%m%d").to_string())?;
            Ok(GetZReportResponse { day: day.to_string(), ..sums(&report, currency) })
        }
        number => of_shift(view, &view.shift(number)?, currency),
    };
    Ok(shop.store.read(look).await?)
}

pub(super) fn of_shift(view: &View, shift: &Shift, currency: &str) -> Found<GetZReportResponse> {
    let report = shift::of_shift(view, &shift.from, shift.to.as_ref())?;
    Ok(GetZReportResponse {
        shift: shift.number,
        open_time: convert::time(shift.opened_at),
        close_time: shift.closed_at.and_then(convert::time),
        ..sums(&report, currency)
    })
}

fn sums(report: &Report, currency: &str) -> GetZReportResponse {
    let sums = &report.sums;
    GetZReportResponse {
        currency_code: currency.to_owned(),
        gross_minor: sums.gross_minor,
        settled_minor: sums.settled_minor,
        open_minor: sums.open_minor,
        bad_minor: sums.bad_minor,
        written_off_minor: sums.written_off_minor,
        paid_otherwise_minor: sums.paid_otherwise_minor,
        void_minor: sums.void_minor,
        refunds_minor: sums.refunds_minor,
        paid_in_minor: sums.paid_in_minor,
        net_minor: report.net_minor(),
        sales: sums.sales,
        receipt_numbers_gapless: report.gapless,
        ..GetZReportResponse::default()
    }
}

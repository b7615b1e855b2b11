use chit_proto::printer::v1::{GetStatusResponse, PrinterStatus};
use tonic::Status;

use super::{Api, errors};
use crate::domain::job::State;
use crate::wire;

pub async fn call(api: &Api) -> Result<GetStatusResponse, Status> {
    Ok(GetStatusResponse { status: Some(current(api).await?) })
}

/// What the actor last heard, and how many jobs wait for the printer and for a person.
pub async fn current(api: &Api) -> Result<PrinterStatus, Status> {
    let open = api.journal.read(|store| Ok((store.open_jobs()?, store.roll()?))).await;
    let (open, roll) = open.map_err(|error| errors::from_store(error, "JOB_NOT_FOUND"))?;
    let count = |wanted: fn(&State) -> bool| open.iter().filter(|job| wanted(&job.state)).count() as u32;
    let known = api.status.borrow().clone();
    Ok(PrinterStatus {
        condition: wire::condition(known.condition).into(),
        paper_near_end: known.paper_near_end,
        jobs_waiting: count(|state| state.is_waiting()),
        jobs_in_doubt: count(|state| *state == State::InDoubt),
        link: api.link_name.clone(),
        printing: known.printing,
        printed_mm: roll.paper_um / 1000,
        roll_change_time: roll.changed.map(chit_runtime::clock::to_proto),
        model: known.model,
        profile: known.profile,
        drawer_signal_high: known.drawer_high,
        confirms_by: wire::confidence(known.confirms_by).into(),
        recognised: known.recognised,
        native_qr: known.native_qr,
        chinese_font: known.chinese_font,
        columns: known.columns as u32,
    })
}

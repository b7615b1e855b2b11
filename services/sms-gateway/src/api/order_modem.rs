use super::Api;
use crate::device::fleet::Order;
use chit_runtime::error::{bad_field, retry_after};
use chit_runtime::request_id;
use std::time::Duration;
use tonic::{Code, Status};

/// A modem looks at its orders at least when a submission is over.
const BUSY_RETRY: Duration = Duration::from_secs(5);

impl Api {
    /// Doing it twice does no more than doing it once, so a repeated request is simply done again.
    pub(super) fn order(&self, request_id: &str, name: &str, order: Order) -> Result<(), Status> {
        request_id::check(request_id)?;
        let member = match name {
            "" if self.fleet.members.len() == 1 => self.fleet.members.first(),
            _ => self.fleet.find(name),
        };
        let member = member.ok_or_else(|| {
            bad_field("name", "MODEM_UNKNOWN", "must be the name of a modem, see ListModems")
        })?;
        member.orders.try_send(order).map_err(|_| {
            retry_after(Code::ResourceExhausted, "MODEM_BUSY", "the modem has orders to follow", BUSY_RETRY)
        })
    }
}

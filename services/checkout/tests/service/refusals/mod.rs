//! The reasons for which checkout refuses, each provoked through the socket.

mod codes;
mod counter;
mod decisions;
mod payers;
mod people;
mod questions;
mod risks;

use chit_runtime::error::reason_of;
use tonic::Status;

/// An id that nothing has.
const NOTHING: &str = "01JDT0000000000000000000ZZ";

/// The reason of the refusal that this call must end in.
async fn reason<T>(call: impl Future<Output = Result<T, Status>>) -> String {
    let refusal = call.await.err().expect("a refusal");
    reason_of(&refusal).unwrap_or_else(|| panic!("no reason: {refusal:?}"))
}

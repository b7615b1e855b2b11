use super::{Api, pb};
use chit_runtime::error::bad_field;
use tonic::Status;

const CONSUMER_CHARS_MAX: usize = 32;

impl Api {
    pub(super) async fn ack(&self, request: pb::AckInboundRequest) -> Result<pb::AckInboundResponse, Status> {
        check_consumer(&request.consumer)?;
        let acked_seq =
            self.store.run(move |store| store.ack_inbound(&request.consumer, request.up_to_seq)).await?;
        Ok(pb::AckInboundResponse { acked_seq })
    }
}

fn check_consumer(name: &str) -> Result<(), Status> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=CONSUMER_CHARS_MAX).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(bad_field("consumer", "CONSUMER_INVALID", "must be 1 to 32 characters of a-z 0-9 -"))
}

use super::{Api, errors, message, pb};
use crate::domain::outbox::{Class, Outgoing, State};
use crate::domain::pdu::TextPlan;
use crate::domain::phone::{PhoneE164, SmsText};
use chit_runtime::error::bad_field;
use chit_runtime::{clock, request_id};
use jiff::Timestamp;
use tonic::Status;

const SUBJECT_CHARS_MAX: usize = 64;

impl Api {
    pub(super) async fn send(
        &self,
        request: pb::SendMessageRequest,
    ) -> Result<pb::SendMessageResponse, Status> {
        let now = self.clock.now();
        let fingerprint = request_id::fingerprint(&request);
        let outgoing = decode(request, now)?;
        let row = self
            .store
            .run(move |store| {
                // A repeated call gets its first answer even when its time is over.
                if let Some(known) = store.find_sent(&outgoing.id, &fingerprint)? {
                    return Ok(Some(known));
                }
                if outgoing.not_after.is_some_and(|limit| limit <= now) {
                    return Ok(None);
                }
                store.send(outgoing, &fingerprint).map(Some)
            })
            .await?
            .ok_or_else(|| bad_field("not_after", "NOT_AFTER_PASSED", "must be in the future"))?;
        Ok(pb::SendMessageResponse { message: Some(message::encode(&row)) })
    }
}

fn decode(request: pb::SendMessageRequest, now: Timestamp) -> Result<Outgoing, Status> {
    message::check_id(&request.message_id)?;
    let class = class(request.class())?;
    let to = PhoneE164::parse(&request.to).map_err(errors::bad_number)?;
    let plan = TextPlan::of(&request.text).map_err(errors::bad_text)?;
    if request.subject_id.chars().count() > SUBJECT_CHARS_MAX {
        return Err(bad_field("subject_id", "SUBJECT_ID_TOO_LONG", "must have at most 64 characters"));
    }
    let not_after = match &request.not_after {
        Some(time) => Some(clock::from_proto(time).ok_or_else(|| {
            bad_field("not_after", "NOT_AFTER_INVALID", "must be a valid google.protobuf.Timestamp")
        })?),
        None => None,
    };
    Ok(Outgoing {
        id: request.message_id,
        to,
        text: SmsText(request.text),
        class,
        subject_id: request.subject_id,
        not_after,
        encoding: plan.encoding,
        units: u32::try_from(plan.units).unwrap_or(u32::MAX),
        created_at: now,
        state: State::Queued,
        submits: 0,
        unknown_submits: 0,
        resent: false,
        refusals: 0,
        busy: 0,
        possible_duplicate: false,
        report_requested: false,
        failure_reason: String::new(),
        references: Vec::new(),
        submitted_at: None,
        delivered_at: None,
    })
}

fn class(class: pb::MessageClass) -> Result<Class, Status> {
    match class {
        pb::MessageClass::Challenge => Ok(Class::Challenge),
        pb::MessageClass::Notice => Ok(Class::Notice),
        pb::MessageClass::Answer => Ok(Class::Answer),
        pb::MessageClass::Unspecified => {
            Err(bad_field("class", "CLASS_UNSPECIFIED", "must be CHALLENGE, NOTICE or ANSWER"))
        }
    }
}

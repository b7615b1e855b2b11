use super::{Api, errors, message, pb};
use crate::domain::outbox::{Class, OnUnknown, Outgoing, PRIORITY_MAX, State};
use crate::domain::pdu::TextPlan;
use crate::domain::pdu::text::PARTS_MAX;
use crate::domain::phone::{PhoneE164, SmsText};
use chit_runtime::error::bad_field;
use chit_runtime::{clock, request_id};
use jiff::Timestamp;
use tonic::Status;

const SUBJECT_CHARS_MAX: usize = 64;
const NO_TIMESTAMP: &str = "must be a valid google.protobuf.Timestamp";

impl Api {
    pub(super) async fn send(
        &self,
        request: pb::SendMessageRequest,
        client: u32,
    ) -> Result<pb::SendMessageResponse, Status> {
        let now = self.clock.now();
        let fingerprint = request_id::fingerprint(&request);
        let outgoing = decode(request, client, now)?;
        let id = outgoing.id.clone();
        // A repeated call gets its first answer even when its time is over or the caps are reached.
        if let Some(row) = self.store.run(move |store| store.find_sent(&id, &fingerprint)).await? {
            return Ok(pb::SendMessageResponse { message: Some(message::encode(&row)) });
        }
        self.senders.check_country(&outgoing.to)?;
        self.senders.check_rate(client, now)?;
        let row = self.store.run(move |store| store.send(outgoing, &fingerprint)).await?;
        self.senders.record(client, now);
        Ok(pb::SendMessageResponse { message: Some(message::encode(&row)) })
    }
}

fn decode(request: pb::SendMessageRequest, client: u32, now: Timestamp) -> Result<Outgoing, Status> {
    message::check_id(&request.message_id)?;
    let class = class(request.class())?;
    let to = PhoneE164::parse(&request.to).map_err(errors::bad_number)?;
    let parts_max = parts_max(request.parts_max, class)?;
    let plan = TextPlan::of(&request.text, parts_max).map_err(errors::bad_text)?;
    if request.subject_id.chars().count() > SUBJECT_CHARS_MAX {
        return Err(bad_field("subject_id", "SUBJECT_ID_TOO_LONG", "must have at most 64 characters"));
    }
    let (not_before, not_after) = window(&request)?;
    Ok(Outgoing {
        priority: priority(request.priority, class)?,
        on_unknown: match request.on_unknown() {
            pb::OnUnknown::Unspecified => class.on_unknown(),
            pb::OnUnknown::Hold => OnUnknown::Hold,
            pb::OnUnknown::ResendOnce => OnUnknown::ResendOnce,
        },
        id: request.message_id,
        to,
        text: SmsText(request.text),
        class,
        subject_id: request.subject_id,
        client,
        not_before,
        not_after,
        encoding: plan.encoding,
        units: u32::try_from(plan.units).unwrap_or(u32::MAX),
        parts: u8::try_from(plan.parts.len()).unwrap_or(u8::MAX),
        created_at: now,
        state: State::Queued,
        held: false,
        accepted_parts: 0,
        delivered_parts: 0,
        modem: String::new(),
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

/// When it may leave.
fn window(request: &pb::SendMessageRequest) -> Result<(Option<Timestamp>, Option<Timestamp>), Status> {
    let read = |time: &Option<prost_types::Timestamp>, field, reason| {
        let valid = |time| clock::from_proto(time).ok_or_else(|| bad_field(field, reason, NO_TIMESTAMP));
        time.as_ref().map(valid).transpose()
    };
    let not_before = read(&request.not_before, "not_before", "NOT_BEFORE_INVALID")?;
    let not_after = read(&request.not_after, "not_after", "NOT_AFTER_INVALID")?;
    if not_before.zip(not_after).is_some_and(|(first, last)| first > last) {
        return Err(bad_field("not_before", "NOT_BEFORE_INVALID", "must not be later than not_after"));
    }
    Ok((not_before, not_after))
}

/// A challenge whose second half is lost would be worse than none.
fn parts_max(wanted: u32, class: Class) -> Result<u8, Status> {
    match (u8::try_from(wanted), class) {
        (Ok(0 | 1), _) => Ok(1),
        (Ok(parts @ ..=PARTS_MAX), Class::Notice | Class::Answer) => Ok(parts),
        _ => {
            Err(bad_field("parts_max", "PARTS_MAX_INVALID", "must be at most 10, and 0 or 1 for a CHALLENGE"))
        }
    }
}

fn priority(wanted: u32, class: Class) -> Result<u8, Status> {
    match u8::try_from(wanted) {
        Ok(0) => Ok(class.priority()),
        Ok(priority @ 1..=PRIORITY_MAX) => Ok(priority),
        _ => Err(bad_field(
            "priority",
            "PRIORITY_INVALID",
            "must be 1 (first) to 9 (last), or 0 for its class's",
        )),
    }
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

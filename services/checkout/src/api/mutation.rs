//! Mutations are remembered by request id: the same id of the same caller with the same body gets the first answer again.

use std::sync::Arc;

use chit_runtime::request_id;
use prost::Message;
use tonic::Status;

use super::call::Call;
use crate::context::Shop;
use crate::staff::ApprovalInput;
use crate::store::Tx;
use crate::store::requests::{Body, RequestKey};
use crate::values::refusal::Result;

/// A mutating request: its id, and its body without secrets for the comparison.
pub trait Mutation: Message + Clone {
    /// Part of the comparison: two calls may have bodies of the same bytes.
    const NAME: &'static str;
    fn request_id(&self) -> &str;
    /// A PIN must not be stored, not even inside a hash: six digits are found in a moment.
    fn without_secrets(&self) -> Self {
        self.clone()
    }
}

fn keyed<Req: Mutation>(call: &Call<Req>) -> std::result::Result<(RequestKey, Body), Status> {
    request_id::check(call.body.request_id())?;
    let key = RequestKey::new(&call.by.scope, call.body.request_id());
    Ok((key, Body { name: Req::NAME, bytes: call.body.without_secrets().encode_to_vec() }))
}

/// Runs `change` once per request id, in one transaction with the memory of its answer.
pub async fn once<Req, Resp, F>(
    shop: &Arc<Shop>,
    call: &Call<Req>,
    change: F,
) -> std::result::Result<Resp, Status>
where
    Req: Mutation,
    Resp: Message + Default + Send + 'static,
    F: FnOnce(&mut Tx) -> Result<Resp> + Send + 'static,
{
    let once = once_with(shop, call, move |tx| Ok((change(tx)?, true)));
    once.await.map(|(answer, _)| answer)
}

/// As `once`, for a change that is kept although the caller is refused (a wrong code counts): such an answer is not
/// remembered, so that the next try is a new one.
pub async fn once_with<Req, Resp, F>(
    shop: &Arc<Shop>,
    call: &Call<Req>,
    change: F,
) -> std::result::Result<(Resp, bool), Status>
where
    Req: Mutation,
    Resp: Message + Default + Send + 'static,
    F: FnOnce(&mut Tx) -> Result<(Resp, bool)> + Send + 'static,
{
    let (key, body) = keyed(call)?;
    let answer = shop
        .store
        .write(move |tx| {
            if let Some(known) = tx.remembered(&key, &body)? {
                return Ok((known, true));
            }
            let (answer, good) = change(tx)?;
            if good {
                tx.remember(&key, &body, &answer);
            }
            Ok((answer, good))
        })
        .await?;
    Ok(answer)
}

/// The first answer, for calls that do something before their transaction.
pub async fn earlier<Req, Resp>(
    shop: &Arc<Shop>,
    call: &Call<Req>,
) -> std::result::Result<Option<Resp>, Status>
where
    Req: Mutation,
    Resp: Message + Default + Send + 'static,
{
    let (key, body) = keyed(call)?;
    Ok(shop.store.read(move |view| view.remembered(&key, &body)).await?)
}

pub fn approval(input: Option<chit_proto::checkout::v1::Approval>) -> Option<ApprovalInput> {
    input.map(|input| ApprovalInput { actor: input.actor, pin: input.pin })
}

macro_rules! mutations {
    ($($request:ident),* ; $($secret:ident),* ; $($joint:ident),*) => {
        $(impl Mutation for chit_proto::checkout::v1::$request {
            const NAME: &'static str = stringify!($request);
            fn request_id(&self) -> &str { &self.request_id }
        })*
        $(impl Mutation for chit_proto::checkout::v1::$secret {
            const NAME: &'static str = stringify!($secret);
            fn request_id(&self) -> &str { &self.request_id }
            fn without_secrets(&self) -> Self {
                let mut request = self.clone();
                if let Some(approval) = &mut request.approval {
                    approval.pin.clear();
                }
                request
            }
        })*
        $(impl Mutation for chit_proto::checkout::v1::$joint {
            const NAME: &'static str = stringify!($joint);
            fn request_id(&self) -> &str { &self.request_id }
            fn without_secrets(&self) -> Self {
                let mut request = self.clone();
                for approval in [&mut request.approval, &mut request.second_approval].into_iter().flatten() {
                    approval.pin.clear();
                }
                request
            }
        })*
    };
}

mutations!(
    StartSaleRequest, SetBasketRequest, ScanPayerRequest, PresentPayerRequest, ConfirmPersonRequest, ReleaseSaleRequest,
    ResolveReceiptRequest, ReprintReceiptRequest, FreezePayerRequest, RunDeductionsRequest,
    ReleaseDeductionRequest, RunSettlementRequest, OpenDisputeRequest, CloseShiftRequest,
    TakeExceptionRequest, CloseExceptionRequest, ResolveHandOverRequest ;
    CommitSaleRequest, VoidSaleRequest, OverrideEvidenceRequest, EnrolPayerRequest, ResolveDisputeRequest,
    ListBadRecordRequest, ConfirmTimeRequest, RecordOtherPaymentRequest, WithdrawDisputeRequest, AddStaffRequest,
    DisableStaffRequest, ResetPinRequest, PairDeviceRequest, RevokeDeviceRequest, SetMandateRequest,
    PayInRequest, PayOutRequest, MarkStatementRequest ;
    ChangePhoneRequest, ResetPayerRequest, ErasePayerRequest
);

impl Mutation for chit_proto::checkout::v1::AnswerInPersonRequest {
    const NAME: &'static str = "AnswerInPersonRequest";

    fn request_id(&self) -> &str {
        &self.request_id
    }

    fn without_secrets(&self) -> Self {
        Self { row_code: String::new(), ..self.clone() }
    }
}

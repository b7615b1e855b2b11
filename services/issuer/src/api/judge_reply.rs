use chit_code_card::RowCode;
use chit_proto::issuer::v1::{JudgeReplyRequest, JudgeReplyResponse};
use chit_runtime::error::bad_field;
use chit_runtime::failpoint;
use chit_runtime::request_id::fingerprint;
use chit_verdict::{CLAIM_LEN_MAX, CLAIMS_MAX, Claim, Outcome, Verdict, judge_request};
use tonic::Status;

use super::{Api, errors};
use crate::domain::{Refusal, judge};
use crate::store::Request;

const SEALED_LEN_MAX: usize = 1_024;

pub async fn call(api: &Api, request: JudgeReplyRequest) -> Result<JudgeReplyResponse, Status> {
    let id = errors::request_id(&request.request_id)?;
    let claims = claims(&request)?;
    let shop = &claims[0].shop;
    let asked = judge_request(&id, &request.sealed_code, &request.claims);
    api.must_be_of(shop, &asked, &request.shop_signature)?;
    let code = code(api, &id, &request.sealed_code)?;
    let now_ms = api.now_ms();
    let first = Request { caller: shop.clone(), id, fingerprint: fingerprint(&request), now_ms };
    let asks = match &api.asking {
        Some(asking) if claims.iter().any(|claim| !claim.sales.is_empty()) => {
            let begun = asking.begin(&first).map_err(errors::from_store)?;
            Some((asking.clone(), begun))
        }
        _ => None,
    };
    let (keys, asked) = (api.keys.clone(), asks.clone());
    let work = move |draft: &crate::store::Draft<'_>| {
        let mut card = draft.card(&claims[0].card_id)?.ok_or(Refusal::CardUnknown)?;
        if asked.is_some() && card.asks.is_none() {
            return Err(Refusal::HolderWithoutPhone.into());
        }
        let key = keys.card(card.holder, card.serial);
        let found = judge(&mut card, &key, &claims, &code)?;
        draft.put(&card)?;
        let claim = claims[found.claim].clone();
        let pays = found.outcome == Outcome::Right && !claim.sales.is_empty();
        if let (true, Some((asking, begun)), Some(holder)) = (pays, asked, &card.asks) {
            asking.put(draft, begun, claim, holder)?;
            return Ok(Vec::new());
        }
        let verdict = Verdict { outcome: found.outcome, request_id: id, judged_unix_ms: now_ms, claim };
        Ok(verdict.sign(&keys.verdict))
    };
    let verdict = api.once(first, work).await?;
    failpoint("issuer/judge_reply/committed");
    match asks {
        Some((asking, begun)) if verdict.is_empty() => {
            let verdict = asking.follow(begun.id()).await.map_err(errors::from_store)?;
            Ok(JudgeReplyResponse { asks_payer: verdict.is_none(), verdict: verdict.unwrap_or_default() })
        }
        _ => Ok(JudgeReplyResponse { verdict, asks_payer: false }),
    }
}

/// At least one, all of one shop.
fn claims(request: &JudgeReplyRequest) -> Result<Vec<Claim>, Status> {
    let remedy = "send 1 to 8 claims as verdict.proto has them, all of one shop";
    let invalid = || bad_field("claims", "CLAIM_INVALID", remedy);
    let count = request.claims.len();
    if !(1..=CLAIMS_MAX).contains(&count) || request.claims.iter().any(|claim| claim.len() > CLAIM_LEN_MAX) {
        return Err(invalid());
    }
    let claims: Option<Vec<Claim>> = request.claims.iter().map(|claim| Claim::decode(claim)).collect();
    claims.filter(|claims| claims.iter().all(|claim| claim.shop == claims[0].shop)).ok_or_else(invalid)
}

fn code(api: &Api, id: &[u8; 16], sealed: &[u8]) -> Result<RowCode, Status> {
    let code = if sealed.len() <= SEALED_LEN_MAX { api.keys.open_code(id, sealed) } else { None };
    code.ok_or_else(|| {
        let remedy = "seal request_id and the six digits to the issuer's recipient (GetKeys)";
        bad_field("sealed_code", "CODE_NOT_SEALED_FOR_THIS", remedy)
    })
}

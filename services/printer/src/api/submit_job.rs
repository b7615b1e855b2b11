use chit_proto::printer::v1::document::Content;
use chit_proto::printer::v1::{SubmitJobRequest, SubmitJobResponse};
use chit_runtime::error::{bad_field, status};
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use tonic::{Code, Status};

use super::{Api, errors};
use crate::domain::job::Job;
use crate::store::{NewJob, StoreError};
use crate::wire;

const SUBJECT_LEN_MAX: usize = 64;
/// Random bytes in front of a code card, so that its hash reveals nothing about its rows.
const SALT_LEN: usize = 16;

pub async fn call(api: &Api, request: SubmitJobRequest) -> Result<SubmitJobResponse, Status> {
    errors::check_job_id("job_id", &request.job_id)?;
    if request.subject_id.len() > SUBJECT_LEN_MAX {
        let remedy = format!("send at most {SUBJECT_LEN_MAX} bytes");
        return Err(bad_field("subject_id", "SUBJECT_INVALID", remedy));
    }
    let sent = request.document.unwrap_or_default();
    let document = api.reader.read(&sent).map_err(errors::from_invalid)?;
    let encoded = zeroize::Zeroizing::new(sent.encode_to_vec());
    let mut new = NewJob {
        id: request.job_id,
        subject_id: request.subject_id,
        document: None,
        document_hash: [0; 32],
        salt: Vec::new(),
    };
    let job = if matches!(sent.content, Some(Content::CodeCard(_))) {
        if !api.code_cards {
            return Err(status(
                Code::FailedPrecondition,
                "CODE_CARD_OVER_NETWORK",
                "this printer is on the network; print code cards by USB or serial, or let the owner set code_card_over_network",
            ));
        }
        new.salt = salt_of(api, &new.id).await?;
        new.document_hash = hash(&new.salt, &encoded);
        submit_secret(api, new, document).await
    } else {
        new.document_hash = hash(&[], &encoded);
        new.document = Some(encoded.to_vec());
        submit(api, new).await
    };
    let job = job.map_err(|error| errors::from_store(error, "JOB_NOT_PRINTED"))?;
    Ok(SubmitJobResponse { job: Some(wire::job(&job)) })
}

async fn submit(api: &Api, new: NewJob) -> Result<Job, StoreError> {
    let moment = api.journal.moment();
    api.journal.write("submit", move |store| store.submit(new, moment)).await
}

/// The content is held before the job is visible, and dropped again if the job does not need it.
async fn submit_secret(
    api: &Api,
    new: NewJob,
    document: crate::domain::document::Document,
) -> Result<Job, StoreError> {
    let id = new.id.clone();
    let held = api.journal.hold_secret(&id, document);
    let submitted = submit(api, new).await;
    let needed = submitted.as_ref().is_ok_and(|job| job.state.is_waiting());
    if held && !needed {
        api.journal.take_secret(&id);
    }
    submitted
}

/// A repeated submission is compared under the first one's salt.
async fn salt_of(api: &Api, job_id: &str) -> Result<Vec<u8>, Status> {
    let id = job_id.to_owned();
    match api.journal.read(move |store| store.job(&id)).await {
        Ok(job) => Ok(job.salt),
        Err(StoreError::NotFound) => {
            let mut salt = vec![0; SALT_LEN];
            getrandom::fill(&mut salt)
                .map_err(|error| status(Code::Internal, "NO_RANDOMNESS", error.to_string()))?;
            Ok(salt)
        }
        Err(error) => Err(errors::from_store(error, "JOB_NOT_PRINTED")),
    }
}

fn hash(salt: &[u8], document: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(document).finalize().into()
}

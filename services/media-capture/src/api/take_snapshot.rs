use chit_proto::media_capture::v1::TakeSnapshotResponse;
use sha2::{Digest, Sha256};
use tonic::Status;

use super::Api;

impl Api {
    pub(super) async fn snapshot(&self) -> Result<TakeSnapshotResponse, Status> {
        let jpeg = self.snapshot_jpeg().await?;
        Ok(TakeSnapshotResponse { sha256: Sha256::digest(&jpeg).to_vec(), jpeg })
    }
}

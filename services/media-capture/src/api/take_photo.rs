use chit_proto::media_capture::v1::{PhotoKind as WireKind, TakePhotoRequest, TakePhotoResponse};
use chit_runtime::error;
use tonic::Status;

use super::{Api, encode};
use crate::domain::recording::{PhotoKind, Recording, Refused};
use crate::studio::{Order, StudioError};

impl Api {
    pub(super) async fn photo(&self, request: TakePhotoRequest) -> Result<TakePhotoResponse, Status> {
        let id = encode::recording_id(&request.recording_id)?;
        let kind = match request.kind() {
            WireKind::PayerAndGoods => PhotoKind::PayerAndGoods,
            WireKind::Paper => PhotoKind::Paper,
            WireKind::Unspecified => {
                return Err(error::bad_field("kind", "INVALID_PHOTO_KIND", "use PAYER_AND_GOODS or PAPER"));
            }
        };
        // Held to the end: the payer may be released while the photo is taken.
        let (recording, _under_way) = self.0.studio.begin_photo(&id).await.map_err(encode::status)?;
        if let Some(first_answer) = answer(&recording, kind) {
            return Ok(first_answer);
        }
        if recording.state.is_final() {
            return Err(encode::status(StudioError::Refused(Refused::Sealed)));
        }
        let shot = match kind {
            PhotoKind::PayerAndGoods => self.photo_of_payer().await?,
            PhotoKind::Paper => self.photo_of_paper(&recording.sale_id, &recording.receipt_no).await?,
        };
        let order = |reply| Order::Photo { id, kind, shot, reply };
        let recording = self.0.studio.ask(order).await.map_err(encode::status)?;
        answer(&recording, kind).ok_or_else(|| encode::status(StudioError::Busy))
    }
}

fn answer(recording: &Recording, kind: PhotoKind) -> Option<TakePhotoResponse> {
    let photo = recording.photos[kind.index()].as_ref()?;
    Some(TakePhotoResponse { sha256: photo.sha256.to_vec(), recording: Some(encode::recording(recording)) })
}

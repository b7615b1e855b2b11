//! `DecodeImage`.

use std::sync::Arc;

use chit_proto::scanner::v1::decode_image_request::Picture;
use chit_proto::scanner::v1::{self as pb, DecodeImageRequest, DecodeImageResponse};
use chit_runtime::error::{bad_field, status};
use tonic::{Code, Status};

use super::{Api, encode};
use crate::device::camera::{self, CONFIDENCE_SINGLE, CONFIDENCE_SURE};
use crate::device::decoder::Effort;
use crate::device::image_file::{self, FILE_LEN_MAX, ImageError};
use crate::domain::scan::Source;
use crate::domain::symbol::Symbology;
use crate::sight::{Plane, Sighting};

pub async fn handle(api: &Api, request: DecodeImageRequest) -> Result<DecodeImageResponse, Status> {
    let _permit = Arc::clone(&api.pictures).try_acquire_owned().map_err(|_| {
        let text = "too many pictures are being read; send the next one after an answer";
        status(Code::ResourceExhausted, "DECODER_BUSY", text)
    })?;
    let wanted = wanted(&request)?;
    let plane = match request.picture {
        Some(Picture::Plane(plane)) => grey(plane)?,
        Some(Picture::File(file)) => decoded(file).await?,
        None => return Err(bad_field("picture", "IMAGE_INVALID", "must be a file or a grey plane")),
    };
    let look = api.decoder.look(plane, Effort::Still, wanted).await.ok_or_else(|| {
        status(Code::Unavailable, "SERVICE_STOPPING", "the scanner is stopping; send the picture again")
    })?;
    let time = api.scans.now();
    let scan = |sighting: Sighting| {
        let sure = chit_payer_code::is_well_formed(&sighting.content);
        let scan = camera::scan(sighting, if sure { CONFIDENCE_SURE } else { CONFIDENCE_SINGLE });
        encode::scan(Source::Image, "", scan, time)
    };
    let cpu = prost_types::Duration::try_from(look.cpu).ok();
    Ok(DecodeImageResponse { scans: look.sightings.into_iter().map(scan).collect(), cpu })
}

fn grey(plane: pb::GreyPlane) -> Result<Plane<'static>, Status> {
    let (width, height) = (plane.width as usize, plane.height as usize);
    image_file::fits(width, height).map_err(|error| refused("plane", &error))?;
    Plane::new(width, height, plane.grey).ok_or_else(|| {
        bad_field("plane.grey", "IMAGE_INVALID", "must have width times height bytes, and at least one")
    })
}

async fn decoded(file: Vec<u8>) -> Result<Plane<'static>, Status> {
    if file.len() > FILE_LEN_MAX {
        return Err(bad_field("file", "IMAGE_TOO_LARGE", "must have at most 16 MiB"));
    }
    let decoded = tokio::task::spawn_blocking(move || image_file::decode(&file)).await;
    let decoded =
        decoded.unwrap_or_else(|_panic| Err(ImageError::Invalid("it breaks the decoder".to_owned())));
    decoded.map_err(|error| refused("file", &error))
}

fn refused(field: &str, error: &ImageError) -> Status {
    let reason = match error {
        ImageError::Invalid(_) => "IMAGE_INVALID",
        ImageError::TooLarge => "IMAGE_TOO_LARGE",
    };
    bad_field(field, reason, error.to_string())
}

fn wanted(request: &DecodeImageRequest) -> Result<Arc<[Symbology]>, Status> {
    if request.symbologies.is_empty() {
        return Ok(camera::everything());
    }
    let readable = request.symbologies().map(|symbology| match symbology {
        pb::Symbology::QrCode => Ok(Symbology::QrCode),
        pb::Symbology::Ean13 => Ok(Symbology::Ean13),
        pb::Symbology::Ean8 => Ok(Symbology::Ean8),
        pb::Symbology::UpcA => Ok(Symbology::UpcA),
        pb::Symbology::UpcE => Ok(Symbology::UpcE),
        pb::Symbology::Code128 => Ok(Symbology::Code128),
        pb::Symbology::Databar => Ok(Symbology::DataBar),
        _ => Err(bad_field(
            "symbologies",
            "SYMBOLOGY_INVALID",
            "must be symbologies that can be read in pictures",
        )),
    });
    readable.collect()
}

use chit_proto::printer::v1::document::Content;
use chit_proto::printer::v1::{RenderPreviewRequest, RenderPreviewResponse};
use chit_runtime::error::bad_field;
use tonic::Status;

use super::{Api, errors};
use crate::domain::document::Edition;
use crate::domain::layout::lay_out;

pub fn call(api: &Api, request: &RenderPreviewRequest) -> Result<RenderPreviewResponse, Status> {
    let sent = request.document.as_ref();
    if sent.is_some_and(|document| matches!(document.content, Some(Content::CodeCard(_)))) {
        let remedy = "a code card is shown on paper only";
        return Err(bad_field("document.code_card", "DOCUMENT_INVALID", remedy));
    }
    let document = api.reader.read(&sent.cloned().unwrap_or_default()).map_err(errors::from_invalid)?;
    Ok(RenderPreviewResponse { text: lay_out(&document, Edition::Original, api.columns).to_text() })
}

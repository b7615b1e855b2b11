use chit_proto::printer::v1::document::Content;
use chit_proto::printer::v1::{PreviewFormat, RenderPreviewRequest, RenderPreviewResponse};
use chit_runtime::error::{bad_field, status};
use tonic::{Code, Status};

use super::{Api, errors};
use crate::domain::document::Edition;
use crate::domain::layout::{Page, lay_out};
use crate::drawing::{self, page::picture};
use crate::profile::COLUMNS;

pub async fn call(api: &Api, request: &RenderPreviewRequest) -> Result<RenderPreviewResponse, Status> {
    let sent = request.document.as_ref();
    if sent.is_some_and(|document| matches!(document.content, Some(Content::CodeCard(_)))) {
        let remedy = "a code card is shown on paper only";
        return Err(bad_field("document.code_card", "DOCUMENT_INVALID", remedy));
    }
    let columns = match request.columns as usize {
        0 => api.status.borrow().columns,
        columns if COLUMNS.contains(&columns) => columns,
        _ => return Err(bad_field("columns", "COLUMNS_INVALID", "send 24 to 64, or 0 for the printer's")),
    };
    let document = api.reader.read(&sent.cloned().unwrap_or_default()).map_err(errors::from_invalid)?;
    let page = lay_out(&document, Edition::Original, columns, &api.stationery);
    let text = page.to_text();
    let png = if request.format() == PreviewFormat::Png { draw(api, page).await? } else { Vec::new() };
    Ok(RenderPreviewResponse { text, png })
}

async fn draw(api: &Api, page: Page) -> Result<Vec<u8>, Status> {
    let Some(face) = api.face.clone() else {
        return Err(status(
            Code::FailedPrecondition,
            "FONT_MISSING",
            "there is no font to draw with: install fonts-wqy-microhei or set [printer] font",
        ));
    };
    let drawn = tokio::task::spawn_blocking(move || drawing::png(&picture(&face, &page))).await;
    let internal = |error: String| status(Code::Internal, "JOURNAL_FAILED", error);
    drawn.map_err(|error| internal(error.to_string()))?.map_err(|error| internal(error.to_string()))
}

//! Looking a sale up with all that is known of it. checkout logs each look.

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use chit_proto::checkout::v1::LookUpSaleRequest;
use chit_proto::media_capture::v1::Manifest;
use http::StatusCode;
use prost::Message as _;
use serde::Deserialize;

use super::App;
use crate::pages::answer;
use crate::pages::regions::regions;
use crate::pages::visitor::SignedIn;
use crate::peers::call;
use crate::scans;
use crate::sessions::ViewedFile;
use crate::view::Page;
use crate::view::enquiry as enquiry_view;

#[derive(Deserialize)]
pub struct EnquiryQuery {
    /// Receipt number, lookup code, ULID, or the text of a receipt's QR.
    #[serde(default, rename = "ref")]
    reference: String,
}

pub async fn page(State(till): App, staff: SignedIn, Query(query): Query<EnquiryQuery>) -> Response {
    let regions = regions(&till, &staff, &Page::Enquiry).await;
    let up = till.scene().up();
    let typed = query.reference.trim();
    if typed.is_empty() {
        let html = enquiry_view::page(&staff.reader, &regions, up, typed, None);
        return Html(html.into_string()).into_response();
    }
    let reference = scans::sale_of_receipt(typed).unwrap_or_else(|| typed.to_uppercase());
    let request = LookUpSaleRequest { reference };
    match call!(till.peers.enquiries.look_up_sale(request)).await {
        Ok(found) => {
            let sale_id = found.sale.as_ref().map(|sale| sale.sale_id.clone()).unwrap_or_default();
            let manifest = Manifest::decode(found.manifest.as_slice()).unwrap_or_default();
            till.sessions.saw(&staff.token, &sale_id, files(&manifest));
            let result = Ok((&found, &manifest));
            let html = enquiry_view::page(&staff.reader, &regions, up, typed, Some(result));
            Html(html.into_string()).into_response()
        }
        Err(status) => {
            let reason = chit_runtime::error::reason_of(&status).unwrap_or_default();
            let html = enquiry_view::page(&staff.reader, &regions, up, typed, Some(Err(&reason)));
            let code = answer::http_of(&status);
            let code = if code == StatusCode::UNPROCESSABLE_ENTITY { StatusCode::NOT_FOUND } else { code };
            (code, Html(html.into_string())).into_response()
        }
    }
}

fn files(manifest: &Manifest) -> Vec<ViewedFile> {
    let file = |file: &chit_proto::media_capture::v1::FileEntry| ViewedFile {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        size_bytes: file.size_bytes,
    };
    manifest.files.iter().map(file).collect()
}

//! Style, script and icon. A browser may cache each for ever, because its name changes with its content.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use crate::assets::ASSETS;

pub async fn read(Path(file): Path<String>) -> Response {
    let all = &*ASSETS;
    let wanted = format!("/assets/{file}");
    match [&all.css, &all.js, &all.icon].into_iter().find(|asset| asset.path == wanted) {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.media_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, asset.bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

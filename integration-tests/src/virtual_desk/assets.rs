//! Style and script, inside the binary. The till's design system is the desk's too.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const TILL_CSS: &str = concat!(
    include_str!("../../../services/till/assets/chit.css"),
    include_str!("../../../services/till/assets/screens.css")
);

const FILES: [(&str, &str, &str); 3] = [
    ("chit.css", "text/css; charset=utf-8", TILL_CSS),
    ("desk.css", "text/css; charset=utf-8", include_str!("assets/desk.css")),
    ("desk.js", "text/javascript; charset=utf-8", include_str!("assets/desk.js")),
];

pub async fn read(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(file, ..)| *file == name) {
        Some((_, media_type, text)) => ([(header::CONTENT_TYPE, *media_type)], *text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

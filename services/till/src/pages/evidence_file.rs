//! Photos and video of a sale that this session has looked up, with byte ranges (RFC 9110 §14) so that a video can be
//! wound forward.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chit_proto::media_capture::v1::{ReadEvidenceFileRequest, ReadEvidenceFileResponse};
use futures::stream::{self, Stream};
use http::{HeaderMap, StatusCode, header};
use tonic::{Status, Streaming};

use super::App;
use crate::pages::answer;
use crate::pages::visitor::SignedIn;
use crate::till::Till;

/// media-capture opens a file at once; a player that pauses may hold the stream open.
const OPEN_MAX: Duration = Duration::from_secs(3);

/// First byte and number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    from: u64,
    len: u64,
}

pub async fn read(
    State(till): App,
    staff: SignedIn,
    headers: HeaderMap,
    Path((sale_id, name)): Path<(String, String)>,
) -> Response {
    let Some(file) = staff.session.viewed(&sale_id, &name).cloned() else {
        return answer::refused_as(&staff.reader, StatusCode::FORBIDDEN, "NOT_LOOKED_UP");
    };
    let size = file.size_bytes;
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let part = match asked.map(|text| part_of(text, size)) {
        None => Part { from: 0, len: size },
        Some(Some(part)) => part,
        Some(None) => {
            let all = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return (StatusCode::RANGE_NOT_SATISFIABLE, all).into_response();
        }
    };
    let pieces = match open(&till, &sale_id, &name, part.from).await {
        Ok(pieces) => pieces,
        Err(status) => return answer::refused(&staff.reader, &status),
    };
    let mut response = Response::builder()
        .status(if asked.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK })
        .header(header::CONTENT_TYPE, file.media_type)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_LENGTH, part.len);
    if asked.is_some() {
        let last = part.from + part.len - 1;
        response = response.header(header::CONTENT_RANGE, format!("bytes {}-{last}/{size}", part.from));
    }
    let built = response.body(Body::from_stream(cut(pieces, part.len)));
    built.unwrap_or_else(|_bad_media_type| StatusCode::BAD_GATEWAY.into_response())
}

async fn open(
    till: &Till,
    sale_id: &str,
    name: &str,
    offset_bytes: u64,
) -> Result<Streaming<ReadEvidenceFileResponse>, Status> {
    let request =
        ReadEvidenceFileRequest { sale_id: sale_id.to_owned(), name: name.to_owned(), offset_bytes };
    let mut media = till.peers.media.clone();
    let opening = media.read_evidence_file(request);
    let away =
        |_| chit_runtime::error::status(tonic::Code::Unavailable, "SERVICE_UNREACHABLE", "media-capture");
    Ok(tokio::time::timeout(OPEN_MAX, opening).await.map_err(away)??.into_inner())
}

/// The pieces up to `len` bytes; what is read ahead is not sent.
fn cut(pieces: Streaming<ReadEvidenceFileResponse>, len: u64) -> impl Stream<Item = Result<Bytes, Status>> {
    stream::try_unfold((pieces, len), |(mut pieces, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let Some(piece) = pieces.message().await? else { return Ok(None) };
        let mut data = Bytes::from(piece.data);
        data.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        let left = left - data.len() as u64;
        Ok(Some((data, (pieces, left))))
    })
}

/// One range of bytes; several at once are not served, which RFC 9110 allows.
fn part_of(text: &str, size: u64) -> Option<Part> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (from, end) = match (from.trim(), to.trim()) {
        ("", last) => (size.saturating_sub(last.parse::<u64>().ok().filter(|last| *last > 0)?), size),
        (from, "") => (from.parse().ok()?, size),
        (from, to) => (from.parse().ok()?, to.parse::<u64>().ok()?.saturating_add(1).min(size)),
    };
    (from < end).then(|| Part { from, len: end - from })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_the_file() {
        let part = |text| part_of(text, 100).map(|part| (part.from, part.len));
        assert_eq!(part("bytes=0-"), Some((0, 100)));
        assert_eq!(part("bytes=10-19"), Some((10, 10)));
        assert_eq!(part("bytes=90-1000"), Some((90, 10)));
        assert_eq!(part("bytes=-30"), Some((70, 30)));
        assert_eq!(part("bytes=-300"), Some((0, 100)));
        for refused in ["bytes=100-", "bytes=5-4", "bytes=-0", "bytes=a-b", "items=0-1", "bytes=0-1,3-4"] {
            assert_eq!(part(refused), None, "{refused}");
        }
    }
}

//! Bytes that are more than one answer holds, in order.

use std::pin::Pin;

use tokio_stream::Stream;
use tonic::Status;

const PIECE_BYTES: usize = 256 << 10;

pub type Pieces<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// No bytes are no piece.
pub fn of<T>(bytes: &[u8], piece: impl Fn(Vec<u8>) -> T) -> impl Iterator<Item = T> {
    bytes.chunks(PIECE_BYTES).map(move |chunk| piece(chunk.to_vec()))
}

pub fn stream<T: Send + 'static>(pieces: impl Iterator<Item = T>) -> Pieces<T> {
    let pieces: Vec<_> = pieces.map(Ok).collect();
    Box::pin(tokio_stream::iter(pieces))
}

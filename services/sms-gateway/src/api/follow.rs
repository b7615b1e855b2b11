//! Streams that first catch up from the store and then follow it.

use super::Streamed;
use crate::store;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// Read from the store at once.
pub const BATCH: usize = 256;
/// Sent but not yet taken by a slow client; then it is waited for.
const BUFFERED_MAX: usize = 16;

/// `fetch` returns what comes after a position, oldest first; `position` and `encode` read one row of it.
pub fn follow<R, T, F, Fut>(
    mut changes: watch::Receiver<u64>,
    mut after: u64,
    fetch: F,
    position: fn(&R) -> u64,
    encode: fn(R) -> T,
) -> Streamed<T>
where
    R: Send + 'static,
    T: Send + 'static,
    F: Fn(u64) -> Fut + Send + 'static,
    Fut: Future<Output = store::Result<Vec<R>>> + Send,
{
    let (sender, receiver) = mpsc::channel(BUFFERED_MAX);
    tokio::spawn(async move {
        loop {
            changes.mark_unchanged();
            let rows = match fetch(after).await {
                Ok(rows) => rows,
                Err(error) => {
                    let _ = sender.send(Err(Status::from(error))).await;
                    return;
                }
            };
            let caught_up = rows.is_empty();
            for row in rows {
                after = position(&row);
                if sender.send(Ok(encode(row))).await.is_err() {
                    return;
                }
            }
            if caught_up {
                tokio::select! {
                    changed = changes.changed() => if changed.is_err() { return },
                    () = sender.closed() => return,
                }
            }
        }
    });
    Box::pin(ReceiverStream::new(receiver))
}

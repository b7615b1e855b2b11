use super::follow::{self, BATCH};
use super::{Api, Streamed, message, pb};
use std::sync::Arc;

impl Api {
    pub(super) fn follow_messages(
        &self,
        request: pb::WatchMessagesRequest,
    ) -> Streamed<pb::WatchMessagesResponse> {
        let store = Arc::clone(&self.store);
        let fetch = move |after| {
            let store = Arc::clone(&store);
            async move { store.run(move |store| store.events_after(after, BATCH)).await }
        };
        follow::follow(
            self.store.watch_revision(),
            request.after_revision,
            fetch,
            |row| row.revision,
            |row| pb::WatchMessagesResponse { message: Some(message::encode(&row)) },
        )
    }
}

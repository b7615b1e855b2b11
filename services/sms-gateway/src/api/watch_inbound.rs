use super::follow::{self, BATCH};
use super::{Api, Streamed, inbound, pb};
use std::sync::Arc;

impl Api {
    pub(super) fn follow_inbound(
        &self,
        request: pb::WatchInboundRequest,
    ) -> Streamed<pb::WatchInboundResponse> {
        let store = Arc::clone(&self.store);
        let fetch = move |after| {
            let store = Arc::clone(&store);
            async move { store.run(move |store| store.inbound_after(after, BATCH)).await }
        };
        follow::follow(
            self.store.watch_inbound(),
            request.after_seq,
            fetch,
            |row| row.seq,
            |row| pb::WatchInboundResponse { inbound: Some(inbound::encode(row)) },
        )
    }
}

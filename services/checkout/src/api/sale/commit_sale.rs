use std::sync::Arc;

use chit_proto::checkout::v1::{CommitSaleRequest, CommitSaleResponse};
use tonic::Status;

use std::time::Duration;

use tokio::time::timeout;

use crate::api::{convert, mutation};
use crate::counter;
use crate::domain::approval::Act;
use crate::domain::refusal::{Refusal, RefusalKind};
use crate::domain::sale::Sale;
use crate::shop::Shop;
use crate::store::Rows;

/// How long the caller waits for the ledger; the commit goes on after that, and a retry finds its result.
const COMMIT_WAIT_MAX: Duration = Duration::from_secs(5);

pub async fn handle(shop: &Arc<Shop>, request: CommitSaleRequest) -> Result<CommitSaleResponse, Status> {
    if let Some(known) = mutation::earlier(shop, &request).await? {
        return Ok(known);
    }
    let sale_id = request.sale_id.clone();
    let cashier = shop.sale(&sale_id).await?.cashier;
    let grant = match mutation::approval(request.approval.clone()) {
        Some(input) => Some(counter::approve(shop, Some(input), Act::OverLimit, Some(cashier)).await?),
        None => None,
    };
    let (limits, moment) = (counter::limits(shop), counter::moment(shop)?);
    shop.store
        .write({
            let sale_id = sale_id.clone();
            move |tx| counter::begin_commit(tx, &sale_id, grant, &limits, &moment)
        })
        .await?;
    let sale =
        timeout(COMMIT_WAIT_MAX, outcome(shop, &sale_id)).await.map_err(|_elapsed| still_waiting())??;
    let answer = CommitSaleResponse { sale: Some(convert::sale(&sale, shop.cfg.evidence_policy)) };
    mutation::once(shop, &request, move |_| Ok(answer)).await
}

/// The ledger's answer, as it reaches the sale.
async fn outcome(shop: &Arc<Shop>, sale_id: &str) -> Result<Sale, Refusal> {
    let mut revision = shop.store.watch_revision();
    loop {
        revision.mark_unchanged();
        let id = sale_id.to_owned();
        let sale = shop.store.read(move |rows| rows.sale(&id)).await?;
        if sale.state().is_committed() {
            return Ok(sale);
        }
        if !sale.committing {
            let message =
                format!("the ledger refused the sale ({}); nothing was printed", sale.commit_refusal);
            return Err(Refusal::new(RefusalKind::WrongState, "LEDGER_REFUSED", message));
        }
        if revision.changed().await.is_err() {
            return Err(Refusal::internal("checkout is stopping; repeat the call"));
        }
    }
}

fn still_waiting() -> Status {
    let message =
        "the ledger does not answer; the sale is being committed, repeat the call with the same request_id";
    chit_runtime::error::status(tonic::Code::Unavailable, "LEDGER_UNREACHABLE", message)
}

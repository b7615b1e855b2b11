//! The list of payers, and one of them.

use chit_proto::checkout::v1::{GetPayerRequest, GetPayerResponse, ListPayersRequest, Payer};
use tonic::Status;

use crate::peers::call;
use crate::till::Till;
use crate::view::{Reader, Region, payers as view};

const PAGE: u32 = 1000;
/// More than a shop has; one page of them a call.
const PAGES_MAX: usize = 20;

/// While checkout is away the list stays as it was.
pub async fn list(till: &Till, reader: &Reader, query: &str) -> Option<Region> {
    let mut found: Vec<Payer> = Vec::new();
    let mut page_token = String::new();
    for _ in 0..PAGES_MAX {
        let request = ListPayersRequest { page_size: PAGE, page_token };
        let page = call!(till.peers.payers.list_payers(request)).await.ok()?;
        found.extend(page.payers.into_iter().filter(|payer| is_meant(payer, query)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    found.reverse();
    Some(("payers", view::list(reader, &found).into_string()))
}

fn is_meant(payer: &Payer, query: &str) -> bool {
    payer.payer_id.ends_with(&query.to_lowercase()) || payer.card_serial == query
}

pub async fn one(till: &Till, reader: &Reader, payer_id: &str) -> Option<Region> {
    let found = find(till, payer_id).await.ok()?;
    let has_code = !found.code_png.is_empty();
    Some(("payer", view::one(reader, &found.payer.unwrap_or_default(), has_code).into_string()))
}

pub async fn find(till: &Till, payer_id: &str) -> Result<GetPayerResponse, Status> {
    call!(till.peers.payers.get_payer(GetPayerRequest { payer_id: payer_id.to_owned() })).await
}

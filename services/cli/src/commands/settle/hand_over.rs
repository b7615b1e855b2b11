//! What a person found out about a file that the configured command did not bring to the bank for certain.

use chit_proto::checkout::v1::ResolveHandOverRequest;
use serde_json::json;

use crate::failure::Failure;
use crate::shop::{Shop, ask};
use crate::view;

pub async fn run(shop: &Shop, batch_id: String, again: bool) -> Result<(), Failure> {
    let client = shop.bank();
    let request = ResolveHandOverRequest { request_id: shop.request_id(), batch_id, again };
    let file = ask!(client.resolve_hand_over(request)).await?.file.unwrap_or_default();
    let state = view::hand_over(file.hand_over());
    shop.output.result(format!("{}: {state}", file.name), &json!({ "name": file.name, "hand_over": state }));
    Ok(())
}

//! One-time PINs: told once, changed at the first sign-in.

use std::sync::Arc;

use chit_pin::{hash_pin, pin_of};

use crate::context::Shop;
use crate::staff::approval::ApprovalError;
use crate::values::refusal::{Refusal, Result};

/// Six digits that are told once, and their hash. Each PIN is as likely as any other.
pub async fn pin(shop: &Arc<Shop>) -> Result<(String, String)> {
    let pin = loop {
        if let Some(pin) = pin_of(u32::from_be_bytes(shop.random()?)) {
            break pin;
        }
    };
    let hash = hash(shop, pin.clone()).await?;
    Ok((pin, hash))
}

/// Away from the async threads: argon2id is slow on purpose.
pub async fn hash(shop: &Arc<Shop>, pin: String) -> Result<String> {
    let salt: [u8; 16] = shop.random()?;
    tokio::task::spawn_blocking(move || hash_pin(&pin, &salt))
        .await
        .map_err(|join| Refusal::internal(format!("the PIN was not hashed: {join}")))?
        .map_err(ApprovalError::from)
        .map_err(|error| Refusal::field("new_pin", error.reason(), error.to_string()))
}

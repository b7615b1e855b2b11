//! Fresh identifiers from the system's random numbers.

use std::time::{SystemTime, UNIX_EPOCH};

use ulid::Ulid;

/// A fresh ULID. A command that sends one as `request_id` makes it once, so that its retries are the same request.
pub fn ulid() -> anyhow::Result<String> {
    let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    Ok(Ulid::from_parts(u64::try_from(unix_ms)?, u128::from_le_bytes(random()?)).to_string())
}

pub fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(bytes)
}

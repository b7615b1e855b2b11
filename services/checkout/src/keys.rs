//! Keys and house accounts that `chit init` made.

use std::sync::Arc;

use anyhow::Context as _;
use chit_runtime::Shared;
use ed25519_dalek::SigningKey;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::store::Credential;

pub struct Keys {
    /// Signs payer codes.
    pub payer_code: SigningKey,
    /// Hides phone numbers in payer codes.
    pub payer_group: Zeroizing<[u8; 32]>,
    /// Signs receipts.
    pub till: SigningKey,
    /// Opens the store's own data key: personal data is sealed with that.
    pub data: Arc<Credential>,
}

/// Number of the payer-code key; a rotation adds the next.
pub const PAYER_CODE_KEY_ID: u8 = 1;

impl Keys {
    pub fn load(shared: &Shared) -> anyhow::Result<Self> {
        Ok(Self {
            payer_code: SigningKey::from_bytes(&key(shared, "payer-code.key")?),
            payer_group: Zeroizing::new(key(shared, "payer-group.key")?),
            till: SigningKey::from_bytes(&key(shared, "till.key")?),
            data: Arc::new(Credential::read(&shared.key("checkout-data.key")?).context("checkout-data.key")?),
        })
    }
}

/// K_master of a shop that prints its cards: all their row codes come from it. Never leaves the machine.
pub fn card_master(shared: &Shared) -> anyhow::Result<Zeroizing<[u8; 32]>> {
    key(shared, "card-master.key").map(Zeroizing::new)
}

fn key(shared: &Shared, name: &str) -> anyhow::Result<[u8; 32]> {
    let bytes = shared.key(name)?;
    bytes
        .try_into()
        .map_err(|_wrong_length| anyhow::anyhow!("key {name} is not 32 bytes; restore it from the backup"))
}

/// Ledger accounts of the shop, ULIDs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct House {
    pub currency_code: String,
    pub sales: String,
    pub refunds: String,
    pub bad_debt: String,
    pub cash: String,
    /// What came through the bank; its pending debits are in flight.
    #[serde(skip)]
    pub bank: String,
    /// What the bank took back and the payer owes again.
    #[serde(skip)]
    pub bank_returned: String,
}

impl House {
    pub fn load(shared: &Shared, currency_code: &str) -> anyhow::Result<Self> {
        let text = String::from_utf8(shared.key("house_accounts.toml")?).context("house_accounts.toml")?;
        let mut house: Self = toml::from_str(&text).context("house_accounts.toml")?;
        anyhow::ensure!(
            house.currency_code == currency_code,
            "house_accounts.toml is in {}, [checkout] currency_code is {currency_code}; make them equal",
            house.currency_code
        );
        house.bank = beside(&house.sales, "bank");
        house.bank_returned = beside(&house.sales, "bank returned");
        Ok(house)
    }
}

/// An account that follows from one that `chit init` made, so that shops from before there was a bank have it, too.
fn beside(account: &str, what: &str) -> String {
    let hash: [u8; 32] =
        Sha256::new().chain_update(account).chain_update("/").chain_update(what).finalize().into();
    ulid::Ulid::from_bytes(std::array::from_fn(|at| hash[at])).to_string()
}

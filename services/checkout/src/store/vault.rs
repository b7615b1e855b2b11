//! Personal data at rest: sealed with a key that the store keeps wrapped by the service's credential, and looked up
//! by keyed hashes. Who has the file alone reads no name, number or text. The sealing itself is in services/vault.

pub use chit_vault::Credential;
use chit_vault::{VaultError, Wrapped};

use crate::values::refusal::{Refusal, Result};

/// What the vault is called by.
const SERVICE: &str = "checkout";

pub struct Vault(chit_vault::Vault);

/// A store's vault, and its data key wrapped anew when the credential was rotated.
pub struct Opened {
    pub vault: Vault,
    pub rewrapped: Option<Wrapped>,
}

impl Vault {
    /// By the wrapped data key that the store has; without one it is new. `None`: another credential wrapped it.
    pub fn of_store(credential: &Credential, known: Option<&[u8]>) -> Result<Option<Opened>> {
        let opened = chit_vault::Vault::of_store(SERVICE, credential, known).map_err(refusal)?;
        Ok(opened.map(|opened| Opened { vault: Self(opened.vault), rewrapped: opened.rewrapped }))
    }

    /// `context` says what it is and whose, so that one record's field is never taken for another's.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        self.0.seal(context, plain).map_err(refusal)
    }

    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
        self.0.open(context, sealed).map_err(refusal)
    }

    /// What an index holds instead of a number or a serial.
    pub fn keyed(&self, domain: &[u8], value: &[u8]) -> [u8; 16] {
        self.0.keyed(domain, value)
    }
}

fn refusal(error: VaultError) -> Refusal {
    Refusal::internal(error.to_string())
}

//! Browsers and terminals in which somebody has signed in before (OWASP calls this a device cookie): nobody who types wrong PINs
//! elsewhere locks their people out.

use super::origin::Origin;
use crate::store::View;

const PURPOSE: &[u8] = b"browser";
const ID_BYTES: usize = 16;

/// A random number and checkout's seal on it. It opens nothing: it says only where wrong PINs are counted.
pub fn token(view: &View, id: [u8; ID_BYTES]) -> String {
    hex::encode([id, view.vault().keyed(PURPOSE, &id)].concat())
}

/// `None` for what checkout has not sealed.
pub fn origin(view: &View, token: &str) -> Option<Origin> {
    let bytes = hex::decode(token).ok()?;
    let (id, seal) = bytes.split_at_checked(ID_BYTES)?;
    (view.vault().keyed(PURPOSE, id) == seal).then(|| Origin::of(&format!("browser:{}", hex::encode(id))))
}

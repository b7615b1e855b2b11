//! Payer codes: signed here, their pictures kept beside the store.

use std::path::PathBuf;
use std::sync::Arc;

use super::point::done;
use crate::context::Shop;
use crate::keys::PAYER_CODE_KEY_ID;
use crate::payer::code_picture;
use crate::payer::enrolment::{self, Issuer};
use crate::payer::record::{CodeCare, IssuedCode};
use crate::payer::renew_code;
use crate::peers::Fault;
use crate::values::ids::PayerId;
use crate::values::phone::PhoneE164;
use crate::values::refusal::{Refusal, Result as Issued};
use crate::verification::renewal::next_serial;

/// A code that a copy outside the shop shows is replaced while its payer is at the counter.
pub async fn renew(shop: &Arc<Shop>, entry: u64, id: PayerId) -> Result<(), Fault> {
    let payer = shop.store.read(move |view| view.payer(id)).await?;
    let code = match (payer.code_care, &payer.phone) {
        (CodeCare::Exposed, Some(phone)) => Some(issue(shop, id, phone, next_serial(&payer)?)?),
        _ => None,
    };
    let renewed = move |tx: &mut crate::store::Tx| {
        if let Some(code) = code {
            renew_code(tx, id, code)?;
        }
        done(tx, entry)
    };
    Ok(shop.store.write(renewed).await?)
}

/// Signs a code of this serial and writes its picture; older pictures of the payer count for nothing then.
pub fn issue(shop: &Arc<Shop>, payer: PayerId, phone: &PhoneE164, serial: u16) -> Issued<IssuedCode> {
    let issuer = Issuer {
        number: shop.cfg.issuer,
        key_id: PAYER_CODE_KEY_ID,
        currency: shop.currency,
        validity_days: shop.cfg.code_validity_days,
    };
    let code = enrolment::code(&issuer, &shop.keys.payer_group, payer, phone, serial, shop.moment()?.today);
    let png = code_picture::png(&code.sign(&shop.keys.payer_code));
    let path = picture_path(shop, payer, serial);
    write_private(&path, &png)
        .map_err(|error| Refusal::internal(format!("the payer code's picture cannot be written: {error}")))?;
    Ok(IssuedCode { serial, valid_to: code.to_day.date(), png_path: path.display().to_string() })
}

/// Removes the pictures of all codes that the payer had up to this serial. Those that are gone already are no fault.
pub fn remove_pictures(shop: &Shop, payer: PayerId, serial: u16) -> std::io::Result<()> {
    for serial in enrolment::FIRST_SERIAL..=serial {
        match std::fs::remove_file(picture_path(shop, payer, serial)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn picture_path(shop: &Shop, payer: PayerId, serial: u16) -> PathBuf {
    shop.codes_dir.join(format!("{payer}-{serial}.png"))
}

/// Who holds the picture can impersonate the payer at a till.
fn write_private(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

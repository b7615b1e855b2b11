//! PayerService.

mod answer_in_person;
mod change_phone;
mod enrol_payer;
mod freeze_payer;
mod get_payer;
mod list_payers;
mod reset_payer;

use std::sync::Arc;

use crate::context::Shop;
use crate::keys::PAYER_CODE_KEY_ID;
use crate::payer::code_picture;
use crate::payer::enrolment::{self, Issuer};
use crate::payer::record::IssuedCode;
use crate::values::ids::PayerId;
use crate::values::phone::PhoneE164;
use crate::values::refusal::{Refusal, Result as Issued};

super::calls! {
    chit_proto::checkout::v1::payer_service_server::PayerService {
        enrol_payer(EnrolPayerRequest) -> EnrolPayerResponse for STAFF,
        get_payer(GetPayerRequest) -> GetPayerResponse for LOOK,
        list_payers(ListPayersRequest) -> ListPayersResponse for LOOK,
        freeze_payer(FreezePayerRequest) -> FreezePayerResponse for STAFF,
        change_phone(ChangePhoneRequest) -> ChangePhoneResponse for STAFF,
        reset_payer(ResetPayerRequest) -> ResetPayerResponse for STAFF,
        answer_in_person(AnswerInPersonRequest) -> AnswerInPersonResponse for ROW,
    }
}

/// Signs a code of this serial and writes its picture; older pictures of the payer count for nothing then.
pub(crate) fn issue(shop: &Arc<Shop>, payer: PayerId, phone: &PhoneE164, serial: u16) -> Issued<IssuedCode> {
    let issuer = Issuer {
        number: shop.cfg.issuer,
        key_id: PAYER_CODE_KEY_ID,
        currency: shop.currency,
        validity_days: shop.cfg.code_validity_days,
    };
    let code = enrolment::code(&issuer, &shop.keys.payer_group, payer, phone, serial, shop.moment()?.today);
    let png = code_picture::png(&code.sign(&shop.keys.payer_code));
    let path = shop.codes_dir.join(format!("{payer}-{serial}.png"));
    write_private(&path, &png)
        .map_err(|error| Refusal::internal(format!("the payer code's picture cannot be written: {error}")))?;
    Ok(IssuedCode { serial, valid_to: code.to_day.date(), png_path: path.display().to_string() })
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

//! A shop whose bank collects: the money comes, does not come, or goes back, and all sides agree to the cent.

pub mod far_side;
mod mock_bank;
mod reconciled;

use std::path::Path;

use chit_integration_tests::ask;
use chit_integration_tests::desk::{Desk, SUPERVISOR, new_id};
use chit_integration_tests::house::Options;
use chit_proto::checkout::v1::SetMandateRequest;

use crate::open_shop;

pub const SHOP_IBAN: &str = "NL91ABNA0417164300";

/// A shop that puts its files into this folder. Its sales do not wait for a photo.
pub fn options(drop_dir: &Path, format: &str) -> Options {
    let mut bank = toml::Table::new();
    for (key, value) in [
        ("creditor_name", "Huimin Shops"),
        ("creditor_id", "DE98ZZZ09999999999"),
        ("iban", SHOP_IBAN),
        ("format", format),
        ("drop_dir", drop_dir.to_str().unwrap()),
    ] {
        bank.insert(key.into(), value.into());
    }
    bank.insert("notice_days".into(), 1.into());
    open_shop::options()
        .set("checkout", "evidence_policy", "best_effort")
        .set("checkout", "rail", "bank_file")
        .set("checkout", "bank", bank)
}

/// The payer signs a mandate, on paper.
pub async fn sign(desk: &Desk, payer_id: &str, iban: &str) {
    let request = SetMandateRequest {
        request_id: new_id(),
        payer_id: payer_id.to_owned(),
        account_holder: "Ada Li".into(),
        iban: iban.to_owned(),
        approval: Some(desk.pins.approval(SUPERVISOR).unwrap()),
        ..SetMandateRequest::default()
    };
    ask!(desk.bank, set_mandate, request).unwrap();
}

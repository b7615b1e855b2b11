//! `chit payer export`: what is stored of a payer, as files to give to them.

use std::path::Path;

use chit_proto::checkout::v1::export_payer_response::Part;
use chit_proto::checkout::v1::{Approval, ExportPayerRequest, LookUpSaleResponse, PayerPerson};
use serde_json::{Value, json};

use super::{account, new_files};
use crate::failure::Failure;
use crate::shop::Shop;
use crate::view;

pub async fn export(shop: &Shop, payer_id: String, approval: Approval, to: &Path) -> Result<(), Failure> {
    let request = ExportPayerRequest { payer_id: payer_id.clone(), approval: Some(approval) };
    let mut parts = shop.payer_data().export_payer(request).await?.into_inner();
    let (mut person, mut sales) = (None, Vec::new());
    while let Some(answer) = parts.message().await? {
        match answer.part {
            Some(Part::Person(first)) => person = Some(first),
            Some(Part::Sale(sale)) => sales.push(sale_json(&sale)),
            None => {}
        }
    }
    let (person, account) = (person.unwrap_or_default(), account::statement(shop, &payer_id).await?);
    new_files::folder(to)?;
    if !person.photo_jpeg.is_empty() {
        new_files::write(&to.join("photo.jpg"), &person.photo_jpeg)?;
    }
    let count = sales.len();
    let whole = json!({ "person": person_json(&person), "account": account, "sales": sales });
    let text = serde_json::to_vec_pretty(&whole)
        .map_err(|error| Failure::usage(format!("payer.json cannot be written: {error}")))?;
    new_files::write(&to.join("payer.json"), &text)?;
    let said = format!("{} and {count} sales: {}\n", person.name, to.display());
    shop.output.result(said, &json!({ "folder": to, "sales": count }));
    Ok(())
}

fn person_json(person: &PayerPerson) -> Value {
    let mandate = person.mandate.as_ref().map(|mandate| {
        json!({
            "mandate_id": mandate.mandate_id,
            "signed_on": mandate.signed_on,
            "account_holder": person.account_holder,
            "iban": person.iban,
            "bic": person.bic,
            "used_on": mandate.used_on,
            "expires_on": mandate.expires_on,
        })
    });
    json!({
        "name": person.name,
        "phone": person.phone,
        "enrolled_by": person.enrolled_by,
        "approved_by": person.approved_by,
        "photo": if person.photo_jpeg.is_empty() { Value::Null } else { "photo.jpg".into() },
        "mandate": mandate,
        "payer": person.payer.as_ref().map(view::payer_json),
    })
}

fn sale_json(whole: &LookUpSaleResponse) -> Value {
    let dialogue: Vec<Value> = whole
        .dialogue
        .iter()
        .map(|text| {
            json!({
                "from": if text.inbound { "payer" } else { "shop" },
                "time": view::time(text.time.as_ref()),
                "text": text.text,
            })
        })
        .collect();
    json!({
        "sale": whole.sale.as_ref().map(view::sale_json),
        "messages": dialogue,
        "disputes": whole.disputes.iter().map(view::dispute_json).collect::<Vec<_>>(),
        "photos": whole.photo_files,
        "video": whole.video_file,
        "ledger_entries": whole.ledger_entries.len(),
    })
}

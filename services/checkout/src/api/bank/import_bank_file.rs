use std::sync::Arc;

use chit_iso20022::Message;
use chit_proto::checkout::v1::{ImportBankFileRequest, ImportBankFileResponse};
use tonic::{Status, Streaming};

use crate::api::call::Call;
use crate::api::shown_bank;
use crate::context::Shop;
use crate::inbound::bank_file::{self, Spool};

pub async fn handle(
    shop: &Arc<Shop>,
    call: Call<Streaming<ImportBankFileRequest>>,
) -> Result<ImportBankFileResponse, Status> {
    let actor = call.actor();
    let mut pieces = call.body;
    // One at a time: two copies of a file must not race each other.
    let _place = shop.imports.lock().await;
    let mut spool = Spool::begin(shop)?;
    while let Some(piece) = pieces.message().await? {
        spool.add(&piece.chunk)?;
    }
    let spooled = spool.finish()?;
    let sha256 = spooled.sha256.to_vec();
    let (statement, known) = bank_file::import(shop, spooled, actor).await?;
    Ok(ImportBankFileResponse {
        sha256,
        message: name(statement.message).to_owned(),
        message_id: statement.message_id,
        records: statement.records,
        known,
        tally: Some(shown_bank::tally(statement.tally)),
    })
}

fn name(message: Message) -> &'static str {
    match message {
        Message::Pain002 => "pain.002",
        Message::Pain008 => "pain.008",
        Message::Camt053 => "camt.053",
        Message::Camt054 => "camt.054",
        Message::Pacs004 => "pacs.004",
        Message::Csv => "csv",
    }
}

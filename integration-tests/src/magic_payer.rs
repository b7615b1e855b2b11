//! The payer whom the demo lends to other POS software: enrolled once, they answer SMS by themselves.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chit_proto::checkout::v1::{GetPayerRequest, PayerState};
use serde::{Deserialize, Serialize};

use crate::ask;
use crate::desk::Desk;
use crate::house::House;
use crate::payer::{Payer, read_qr};

/// On their papers.
pub const NAME: &str = "Otto Auto";
const CARD: &str = "payer.json";
const CODE: &str = "payer-code.txt";

/// What they keep from run to run.
#[derive(Serialize, Deserialize)]
struct Kept {
    payer_id: String,
    phone: String,
    card_serial: String,
    card_paper: PathBuf,
}

/// Enrols the payer, or finds them again while they may still buy. `magic::answer_for_ever` answers the first challenge, as
/// all others.
pub async fn enrol(house: &House, desk: &Desk) -> anyhow::Result<(Payer, String)> {
    let folder = house.place.clients();
    fs::create_dir_all(&folder)?;
    let kept = folder.join(CARD);
    if let Some(kept) = recall(&kept)
        && may_buy(desk, &kept.payer_id).await
    {
        let mut payer = Payer::calling_from(&house.simulators, kept.phone).await?;
        payer.recall_card(&kept.card_serial, &kept.card_paper).await?;
        return Ok((payer, kept.payer_id));
    }
    let mut payer = Payer::with_phone(&house.simulators, ulid::Ulid::generate().0).await?;
    let enrolled = desk.enrol(NAME, payer.phone(), "en").await?;
    let mut journal = desk.journal(&enrolled.payer_id);
    let pending = journal.payer("PENDING", |payer| payer.state() == PayerState::Pending).await?;
    payer.take_card(&house.simulators.printer, &pending.card_serial).await?;
    let card_paper = payer.card_paper.clone().context("no card")?;
    let phone = payer.phone().to_owned();
    let value =
        Kept { payer_id: enrolled.payer_id.clone(), phone, card_serial: pending.card_serial, card_paper };
    fs::write(kept, serde_json::to_vec_pretty(&value)?)?;
    Ok((payer, enrolled.payer_id))
}

/// After some amounts they may not: frozen, locked, listed. Then another payer takes their place.
async fn may_buy(desk: &Desk, payer_id: &str) -> bool {
    let request = GetPayerRequest { payer_id: payer_id.to_owned() };
    let payer = ask!(desk.payers, get_payer, request).ok().and_then(|answer| answer.payer);
    payer.is_some_and(|payer| matches!(payer.state(), PayerState::Pending | PayerState::Active))
}

fn recall(file: &Path) -> Option<Kept> {
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

/// Writes the content of their code to a file as soon as it is ACTIVE; at night that is the next morning. Returns the file.
pub async fn publish_code(house: &House, desk: &Desk, payer_id: &str) -> anyhow::Result<PathBuf> {
    let mut journal = desk.journal(payer_id);
    let active = loop {
        if let Ok(active) = journal.payer("ACTIVE", |payer| payer.state() == PayerState::Active).await {
            break active;
        }
    };
    let file = house.place.clients().join(CODE);
    fs::write(&file, read_qr(Path::new(&active.code_png_path)).await?)?;
    Ok(file)
}

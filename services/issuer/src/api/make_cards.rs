use chit_code_card::{CardSerial, Row};
use chit_proto::issuer::v1::{MakeCardsRequest, MakeCardsResponse, PrintedCard};
use chit_runtime::error::{bad_field, status};
use chit_runtime::request_id::fingerprint;
use tonic::{Code, Status};

use super::{Api, errors, proof};
use crate::domain::{Act, Card};
use crate::store::{Request, StoreError};

const COUNT_MAX: u32 = 100;
/// Draws until a serial is free; of a hundred million, one in use is rare.
const DRAWS_MAX: usize = 16;

/// A repeated request is refused: whoever could ask again could print a card twice.
pub async fn call(api: &Api, mut request: MakeCardsRequest) -> Result<MakeCardsResponse, Status> {
    let id = errors::request_id(&request.request_id)?;
    if !(1..=COUNT_MAX).contains(&request.count) {
        return Err(bad_field("count", "CARD_COUNT_INVALID", format!("send 1 to {COUNT_MAX}")));
    }
    let custodian = proof::proved(api, &mut request.approval).await?;
    let now_ms = api.now_ms();
    let asked = Request { caller: String::new(), id, fingerprint: fingerprint(&request), now_ms };
    let random = random(request.count)?;
    let (made, told) = tokio::sync::oneshot::channel();
    let work = move |draft: &crate::store::Draft<'_>| {
        let mut cards = Vec::new();
        for draws in random {
            let card = make(draft, draws)?;
            draft.note(now_ms, custodian.name(), Act::Made, card.holder, None)?;
            cards.push(card);
        }
        // Not part of the answer that is kept: the rows are in this one only.
        let _nobody_waits = made.send(cards);
        Ok(Vec::new())
    };
    api.once(asked, work).await?;
    let cards = told.await.map_err(|_not_made_now| errors::from_store(StoreError::MadeBefore))?;
    Ok(MakeCardsResponse { cards: cards.iter().map(|card| printed(api, card)).collect() })
}

struct Draws {
    holder: [u8; 8],
    serials: [u64; DRAWS_MAX],
}

fn random(count: u32) -> Result<Vec<Draws>, Status> {
    let no_random = |error: getrandom::Error| {
        status(Code::Internal, "ISSUER_STORE_FAILED", format!("the system gives no random numbers: {error}"))
    };
    let draw = || {
        let mut holder = [0; 8];
        getrandom::fill(&mut holder)?;
        let mut serials = [0; DRAWS_MAX];
        for serial in &mut serials {
            *serial = getrandom::u64()?;
        }
        Ok(Draws { holder, serials })
    };
    (0..count).map(|_| draw()).collect::<Result<_, _>>().map_err(no_random)
}

fn make(draft: &crate::store::Draft<'_>, draws: Draws) -> crate::store::Result<Card> {
    for serial in draws.serials.map(CardSerial::from_random) {
        if draft.card_with(serial)?.is_none() && draft.card(&draws.holder)?.is_none() {
            let card = Card::new(serial, draws.holder);
            draft.put(&card)?;
            return Ok(card);
        }
    }
    Err(StoreError::Damaged("every serial that was drawn is in use"))
}

fn printed(api: &Api, card: &Card) -> PrintedCard {
    let key = api.keys.card(card.holder, card.serial);
    PrintedCard {
        card_serial: card.serial.to_string(),
        row_codes: Row::all().map(|row| key.row_code(row).reveal().to_owned()).collect(),
    }
}

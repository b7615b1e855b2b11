//! What a code is worth against the rows that a shop asked for (DESIGN "Verification"). The limits hold for the card, whichever
//! shops ask: whoever has the payer's phone cannot begin anew at the next shop.

use chit_code_card::{CardKey, RowCode};
use chit_verdict::{CLAIMS_MAX, Claim, Outcome};

use super::{Card, Refusal};

/// Wrong tries that end a row.
const WRONG_TRIES_MAX: usize = 3;
/// Wrong tries since the last right one that lock the card.
const WRONG_SINCE_RIGHT_MAX: u8 = 9;
/// A wrong code is a chance at each row that it is compared with; so many lock the card, too.
const CHANCES_SINCE_RIGHT_MAX: u8 = 12;
/// Wrong tries at a counter beyond those, until only another card helps.
const WRONG_WHILE_LOCKED_MAX: u8 = WRONG_SINCE_RIGHT_MAX + 3;

/// What was found, and the place of the claim that it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    pub outcome: Outcome,
    pub claim: usize,
}

/// `claims` are those of one shop, oldest first. The card is changed as the finding says.
pub fn judge(card: &mut Card, key: &CardKey, claims: &[Claim], code: &RowCode) -> Result<Found, Refusal> {
    let places = places(card, claims)?;
    let newest = claims.len() - 1;
    let found = |outcome| Found { outcome, claim: newest };
    let at_counter = claims[newest].at_counter;
    if card.lost {
        return Ok(found(Outcome::Lost));
    }
    if card.locked && (!at_counter || card.wrong_since_right >= WRONG_WHILE_LOCKED_MAX) {
        return Ok(found(Outcome::Locked));
    }
    // Every row is compared, so time tells nothing.
    let right = places.iter().enumerate().fold(None, |found, (claim, place)| {
        let is_row = key.row_code(card.assigned[*place].row) == *code;
        if is_row { Some((claim, *place)) } else { found }
    });
    if let Some((claim, place)) = right {
        return Ok(Found { outcome: right_code(card, place, &claims[claim].shop), claim });
    }
    let shop = &claims[newest].shop;
    let used =
        card.assigned.iter().any(|row| row.used && row.shop == *shop && key.row_code(row.row) == *code);
    if used {
        return Ok(found(Outcome::Used));
    }
    Ok(found(wrong_code(card, key, &places, code)))
}

/// Where the claimed rows stand on the card.
fn places(card: &Card, claims: &[Claim]) -> Result<Vec<usize>, Refusal> {
    let Some(newest) = claims.last() else { return Err(Refusal::ClaimsDiffer) };
    let mut places = Vec::new();
    for claim in claims {
        let place = card.place_of(&claim.shop, claim.row)?;
        let same = claim.shop == newest.shop
            && claim.card_id == newest.card_id
            && claim.at_counter == newest.at_counter;
        if !same || places.contains(&place) {
            return Err(Refusal::ClaimsDiffer);
        }
        places.push(place);
    }
    if places.len() > CLAIMS_MAX || newest.card_id != card.holder {
        return Err(Refusal::ClaimsDiffer);
    }
    Ok(places)
}

fn right_code(card: &mut Card, place: usize, shop: &str) -> Outcome {
    let row = &mut card.assigned[place];
    if row.used {
        return Outcome::Used;
    }
    // Whoever gives it has the card, so it is no try; of a locked card, at the counter, it reopens answering.
    if row.tried.len() >= WRONG_TRIES_MAX && !card.locked {
        return Outcome::Over;
    }
    row.used = true;
    // Of a row that was assigned after the backup: who brings its code is whose it is.
    shop.clone_into(&mut row.shop);
    card.locked = false;
    card.wrong_since_right = 0;
    card.chances_since_right = 0;
    Outcome::Right
}

fn wrong_code(card: &mut Card, key: &CardKey, places: &[usize], code: &RowCode) -> Outcome {
    let hash = key.code_hash(code);
    let fresh: Vec<usize> =
        places.iter().copied().filter(|place| !card.assigned[*place].tried.contains(&hash)).collect();
    if fresh.is_empty() {
        return Outcome::WrongAgain;
    }
    for place in &fresh {
        card.assigned[*place].tried.push(hash);
    }
    card.wrong_since_right = card.wrong_since_right.saturating_add(1);
    let chances = u8::try_from(fresh.len()).unwrap_or(u8::MAX);
    card.chances_since_right = card.chances_since_right.saturating_add(chances);
    if card.wrong_since_right >= WRONG_SINCE_RIGHT_MAX || card.chances_since_right >= CHANCES_SINCE_RIGHT_MAX
    {
        card.locked = true;
        return Outcome::Locked;
    }
    Outcome::Wrong
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;

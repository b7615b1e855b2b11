//! Which letters the printer has a form for, asked before a sale: afterwards the payer has a receipt with a box in it.

use std::sync::Arc;
use std::time::Duration;

use chit_proto::printer::v1::CheckTextRequest;

use crate::context::Shop;
use crate::peers::{Fault, peer};

/// A cashier does not wait for a printer that is away.
pub const ASK_MAX: Duration = Duration::from_millis(200);
/// What the printer takes in one call.
const TEXTS_MAX: usize = 1_000;
const CHARS_MAX: usize = 200;

/// Letters of these texts that come out as a box, each once. Every printer has ASCII, so most baskets cost no call.
pub async fn unprintable(
    shop: &Arc<Shop>,
    texts: impl IntoIterator<Item = &str>,
    deadline: Duration,
) -> Result<Vec<String>, Fault> {
    let foreign = texts.into_iter().filter(|text| !text.is_ascii());
    let texts: Vec<String> = foreign.map(|text| text.chars().take(CHARS_MAX).collect()).collect();
    let mut letters = Vec::new();
    for texts in texts.chunks(TEXTS_MAX) {
        let request = CheckTextRequest { texts: texts.to_vec() };
        for letter in peer!(shop.printer.check_text(request), deadline).await?.unprintable {
            if !letters.contains(&letter) {
                letters.push(letter);
            }
        }
    }
    Ok(letters)
}

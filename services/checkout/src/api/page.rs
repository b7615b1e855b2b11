//! Pages of lists (AIP-158): the token is the last id of the page before.

use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};

const SIZE: u32 = 100;
const SIZE_MAX: u32 = 1000;

pub fn size(asked: u32) -> Result<usize> {
    let size = if asked == 0 { SIZE } else { asked };
    if size > SIZE_MAX {
        let remedy = "give 1 to 1000, or 0 for 100";
        return Err(Refusal::field("page_size", Reason::PAGE_SIZE_INVALID, remedy));
    }
    usize::try_from(size).map_err(|_too_large| Refusal::internal("a page does not fit this machine"))
}

/// Where the page begins; empty = at the start.
pub fn token<T: std::str::FromStr>(text: &str) -> Result<Option<T>> {
    if text.is_empty() {
        return Ok(None);
    }
    let remedy = "give next_page_token of the page before, or nothing";
    text.parse().map(Some).map_err(|_no_id| Refusal::field("page_token", Reason::PAGE_TOKEN_INVALID, remedy))
}

/// Cuts the list to one page; returns the token of the next, empty at the end.
pub fn cut<T>(items: &mut Vec<T>, size: usize, id: impl Fn(&T) -> String) -> String {
    let more = items.len() > size;
    items.truncate(size);
    if more { items.last().map(id).unwrap_or_default() } else { String::new() }
}

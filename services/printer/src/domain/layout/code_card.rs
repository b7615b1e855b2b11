//! A code card: 3 columns of 20 lines, narrow enough for 58 mm paper, digits in plain ASCII.

use super::{Align, BOLD, PLAIN, Page};
use crate::domain::document::CodeCard;
use crate::domain::words::Words;

const ROWS_PER_COLUMN: usize = 20;

pub fn draw(page: &mut Page, card: &CodeCard, words: &Words) {
    page.centred(&card.shop_name, BOLD);
    page.centred(&format!("{} {}", words.code_card, card.card_serial), BOLD);
    page.blank();
    for line in 0..ROWS_PER_COLUMN {
        let cells: Vec<String> = (line..card.rows.len())
            .step_by(ROWS_PER_COLUMN)
            .map(|row| format!("{:02} {}", row + 1, card.rows[row].as_str()))
            .collect();
        page.push(&cells.join("  "), Align::Centre, PLAIN);
    }
    page.blank();
    page.centred(&words.code_card_advice, PLAIN);
    page.centred(&format!("{} {}", words.code_card_lost, card.card_serial), PLAIN);
}

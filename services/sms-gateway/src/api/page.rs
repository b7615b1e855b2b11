//! Pages of a list, newest first: the token is the number before which the next page begins.

use chit_runtime::error::bad_field;
use tonic::Status;

const SIZE_DEFAULT: u32 = 100;
const SIZE_MAX: u32 = 1000;

pub struct Page {
    pub size: usize,
    pub before: u64,
}

impl Page {
    pub fn decode(size: u32, token: &str) -> Result<Self, Status> {
        let size = match size {
            0 => SIZE_DEFAULT,
            1..=SIZE_MAX => size,
            _ => return Err(bad_field("page_size", "PAGE_SIZE_INVALID", "must be 1 to 1000, or 0 for 100")),
        };
        let before = match token {
            "" => u64::MAX,
            _ => token.parse().map_err(|_| {
                bad_field(
                    "page_token",
                    "PAGE_TOKEN_INVALID",
                    "must be next_page_token of the previous answer",
                )
            })?,
        };
        Ok(Self { size: size as usize, before })
    }

    /// `rows` was read with one more than fits.
    pub fn cut<T>(&self, rows: &mut Vec<T>, number: impl Fn(&T) -> u64) -> String {
        if rows.len() <= self.size {
            return String::new();
        }
        rows.truncate(self.size);
        rows.last().map(|row| number(row).to_string()).unwrap_or_default()
    }
}

//! Which modem it is, and which SIM.

use super::asking::ask_if_known;
use super::link::{Link, LinkError, Reply};

/// Digits of `AT+CGSN` (27.007 §5.4); empty when the modem does not say.
pub async fn imei(link: &mut Link) -> Result<String, LinkError> {
    asked(link, "AT+CGSN").await
}

/// Two names of the same question; neither is in the standard.
pub const ICCID_QUESTIONS: [&str; 2] = ["AT+CCID", "AT+ICCID"];

pub async fn iccid(link: &mut Link) -> Result<String, LinkError> {
    let [first, second] = ICCID_QUESTIONS;
    let found = asked(link, first).await?;
    if found.is_empty() { asked(link, second).await } else { Ok(found) }
}

async fn asked(link: &mut Link, question: &str) -> Result<String, LinkError> {
    Ok(identifier(&ask_if_known(link, question, None).await?))
}

/// Of an answer to any of these questions; empty when there is none in it.
pub fn identifier(reply: &Reply) -> String {
    let mut found = reply.answers.iter().filter_map(|answer| spelled_alike(&answer.text));
    found.next().filter(|_| reply.is_ok()).unwrap_or_default()
}

/// At least 14 digits (an IMEI has 15, an ICCID 19 or 20), with or without a name before them. Some ICCIDs have letters
/// in the middle; a trailing F only fills the last octet (TS 31.102 §4.2.1, EF ICCID), and not every modem writes it.
fn spelled_alike(text: &str) -> Option<String> {
    const DIGITS_MIN: usize = 14;
    let value = text.rsplit(':').next().unwrap_or_default();
    let mut id: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    id.make_ascii_uppercase();
    id.truncate(id.trim_end_matches('F').len());
    (id.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_MIN).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sim_has_one_name_however_it_is_written() {
        for text in ["+CCID: \"8986010000000000001F\"", "898601 0000000000001f", "ICCID:8986010000000000001"]
        {
            assert_eq!(spelled_alike(text).as_deref(), Some("8986010000000000001"), "{text}");
        }
        assert_eq!(spelled_alike("898600A1201000000001").as_deref(), Some("898600A1201000000001"));
        assert_eq!(spelled_alike("+CCID: FFFFFFFFFFFFFFFFFFFF"), None);
    }
}

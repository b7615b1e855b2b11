//! Empties the modem's storage: list, commit, delete. In that order, so that a crash repeats and never loses.

use super::asking::ask_within;
use super::courier::Courier;
use super::failure::Failure;
use super::link::{Answer, Link};
use super::storage::Storage;
use crate::crash;
use crate::domain::pdu::{self, FromNetwork};
use jiff::Timestamp;
use std::time::Duration;

/// Slow SIMs list fifty messages in several seconds.
const LIST_TIMEOUT: Duration = Duration::from_secs(30);
const DELETE_TIMEOUT: Duration = Duration::from_secs(10);
/// Rounds of one drain; more than this arrives only if deleting does not work.
const ROUNDS_MAX: u32 = 20;

/// `<stat>` of 27.005 §3.1, in PDU mode and in words: drafts and sent copies of this SIM's owner, not ours to delete.
const OUTGOING: [&str; 4] = ["2", "3", "STO UNSENT", "STO SENT"];

/// Every memory that something was announced in. True if more may be there.
pub async fn drain_all(link: &mut Link, courier: &Courier, storage: &mut Storage) -> Result<bool, Failure> {
    let mut more = drain(link, courier).await?;
    for memory in storage.others() {
        if storage.visit(link, &memory).await? {
            more |= drain(link, courier).await?;
            storage.come_back(link).await?;
        }
    }
    Ok(more)
}

/// True if more may be there: the rounds ended first.
async fn drain(link: &mut Link, courier: &Courier) -> Result<bool, Failure> {
    for _ in 0..ROUNDS_MAX {
        let listed = ask_within(link, "AT+CMGL=4", Some("+CMGL:"), LIST_TIMEOUT).await?;
        // An empty storage is an error to some modems (CMS 321).
        let mut found: Vec<(u32, Vec<u8>)> = listed.answers.iter().filter_map(entry).collect();
        // A SIM fills its free slots in any order; what was sent first is read first.
        found.sort_by_key(|(index, bytes)| (sent_at(bytes), *index));
        if found.is_empty() {
            return Ok(false);
        }
        found.iter().filter_map(|(_, bytes)| sent_at(bytes)).for_each(|stamp| courier.sees_clock(stamp));
        let indexes: Vec<u32> = found.iter().map(|(index, _)| *index).collect();
        courier.take(found.into_iter().map(|(_, bytes)| bytes).collect()).await?;
        let mut deleted = 0;
        for index in indexes {
            crash::point("before-delete");
            let reply = link.command(&format!("AT+CMGD={index}"), None, DELETE_TIMEOUT).await?;
            deleted += u32::from(reply.is_ok());
        }
        if deleted == 0 {
            tracing::warn!("the modem does not delete messages; its storage will fill up");
            return Ok(false);
        }
    }
    Ok(true)
}

fn sent_at(bytes: &[u8]) -> Option<Timestamp> {
    match pdu::decode(bytes) {
        Ok(FromNetwork::Deliver(deliver)) => deliver.sent_at,
        Ok(FromNetwork::StatusReport(report)) => report.discharged_at,
        Err(_) => None,
    }
}

/// `+CMGL: <index>,<stat>,[<alpha>],<length>` and its PDU.
fn entry(answer: &Answer) -> Option<(u32, Vec<u8>)> {
    let mut values = answer.text.strip_prefix("+CMGL:")?.split(',').map(str::trim);
    let index = values.next()?.parse().ok()?;
    let stat = values.next()?.trim_matches('"');
    let bytes = pdu::from_hex(answer.pdu.as_deref()?).ok()?;
    (!OUTGOING.contains(&stat)).then_some((index, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_received_messages_are_taken_by_the_modems_own_index() {
        let answer =
            |text: &str, pdu: Option<&str>| Answer { text: text.into(), pdu: pdu.map(str::to_owned) };
        assert_eq!(entry(&answer("+CMGL: 0,1,,2", Some("0004"))), Some((0, vec![0, 4])));
        assert_eq!(entry(&answer("+CMGL: 7,0,\"x\",2", Some("0004"))), Some((7, vec![0, 4])));
        assert_eq!(entry(&answer("+CMGL:7, 0,,2", Some("0004"))), Some((7, vec![0, 4])));
        assert_eq!(entry(&answer("+CMGL: 3,2,,2", Some("0004"))), None);
        assert_eq!(entry(&answer("+CMGL: 3,\"STO SENT\",,2", Some("0004"))), None);
        assert_eq!(entry(&answer("+CMGL: 3 , \"REC UNREAD\" ,,2", Some("0004"))), Some((3, vec![0, 4])));
        assert_eq!(entry(&answer("+CMGL: 3,1,,2", None)), None);
    }
}

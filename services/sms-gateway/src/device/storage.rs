//! The modem's memories (27.005 §3.2.2): which one is used, how full it is, and a visit to another one.

use super::asking::{ask, ask_if_known};
use super::link::{Link, LinkError};

/// All three the same, so that what arrives is where it is listed; some modems choose less than three, or have other
/// names. "MT" is every memory together.
const CHOICES: [&str; 8] = [
    "\"SM\",\"SM\",\"SM\"",
    "\"ME\",\"ME\",\"ME\"",
    "\"SM\",\"SM\"",
    "\"ME\",\"ME\"",
    "\"MT\",\"MT\",\"MT\"",
    "\"MT\"",
    "\"SM\"",
    "\"ME\"",
];
/// Names of a memory are two letters; a modem that announces by longer ones is not followed.
const NAME_BYTES_MAX: usize = 4;

/// What is read and emptied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Storage {
    /// Values of the AT+CPMS that the modem took; empty = its own choice.
    choice: String,
    /// As `AT+CPMS?` names the first one; empty = not said.
    name: String,
    pub used: u32,
    pub total: u32,
    /// Others that the modem announced something in.
    others: Vec<String>,
}

impl Storage {
    pub async fn choose(link: &mut Link) -> Result<Self, LinkError> {
        let mut storage = Self::default();
        for choice in CHOICES {
            let reply = ask_if_known(link, &format!("AT+CPMS={choice}"), Some("+CPMS:")).await?;
            if reply.is_ok() {
                choice.clone_into(&mut storage.choice);
                break;
            }
        }
        if storage.choice.is_empty() {
            tracing::warn!("the modem lets no SMS storage be chosen; its own choice is used");
        }
        storage.measure(link).await?;
        let chosen = storage.choice.trim_matches('"');
        if !storage.name.is_empty() && !chosen.is_empty() && !chosen.starts_with(&storage.name) {
            tracing::warn!(
                named = storage.name,
                "the modem says that it uses another SMS storage than it took"
            );
        }
        Ok(storage)
    }

    pub async fn measure(&mut self, link: &mut Link) -> Result<(), LinkError> {
        let reply = ask_if_known(link, "AT+CPMS?", Some("+CPMS:")).await?;
        if let Some((name, used, total)) = reply.values("+CPMS:").and_then(named) {
            (self.name, self.used, self.total) = (name, used, total);
        }
        Ok(())
    }

    /// A message was announced in this memory; remembered if it is another one.
    pub fn announced(&mut self, memory: &str) {
        let own = memory.is_empty() || memory == self.name || self.choice.contains(&format!("\"{memory}\""));
        let plain = memory.len() <= NAME_BYTES_MAX && memory.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !own && plain && !self.others.iter().any(|other| other == memory) {
            self.others.push(memory.to_owned());
        }
    }

    pub fn others(&self) -> Vec<String> {
        self.others.clone()
    }

    /// False when the modem does not know it; then it is not asked again.
    pub async fn visit(&mut self, link: &mut Link, memory: &str) -> Result<bool, LinkError> {
        let known = ask_if_known(link, &format!("AT+CPMS=\"{memory}\""), Some("+CPMS:")).await?.is_ok();
        if !known {
            self.others.retain(|other| other != memory);
        }
        Ok(known)
    }

    /// An error when the modem does not go back: it is set up again then.
    pub async fn come_back(&self, link: &mut Link) -> Result<(), LinkError> {
        let own = format!("\"{}\"", self.name);
        let choice = if self.choice.is_empty() { &own } else { &self.choice };
        let back = ask(link, &format!("AT+CPMS={choice}"), Some("+CPMS:")).await?.is_ok();
        if back { Ok(()) } else { Err(LinkError::Restarted) }
    }
}

/// `<mem1>,<used1>,<total1>,…`.
fn named(values: &str) -> Option<(String, u32, u32)> {
    let mut values = values.split(',').map(str::trim);
    let name = values.next()?.trim_matches('"').to_owned();
    Some((name, values.next()?.parse().ok()?, values.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_names_the_memory_and_how_full_it_is() {
        assert_eq!(named("\"SM\",3,50,\"SM\",3,50"), Some(("SM".into(), 3, 50)));
        assert_eq!(named(" \"MT\" , 3 , 50"), Some(("MT".into(), 3, 50)));
        assert_eq!(named(",,,,,,,,"), None);
    }

    #[test]
    fn only_another_memory_with_a_plain_name_is_visited() {
        let mut storage = Storage { choice: "\"SM\",\"SM\"".into(), name: "SM".into(), ..Storage::default() };
        for memory in ["SM", "", "SR", "SR", "MMS PUSH", "\";+"] {
            storage.announced(memory);
        }
        assert_eq!(storage.others(), ["SR"]);
    }
}

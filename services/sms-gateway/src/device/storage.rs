//! The modem's memories (27.005 §3.2.2): which one is used, how full it is, and a visit to another one.

use super::asking::{ask, ask_if_known};
use super::link::{Link, LinkError};

/// The SIM first: what is on it survives another modem. "MT" is every memory together.
const PREFERRED: [&str; 3] = ["SM", "ME", "MT"];
/// For a modem that does not say which it has; some choose less than three.
const PLACES: [usize; 3] = [3, 2, 1];
/// Names of a memory are two letters; a modem that announces by longer ones is not followed.
const NAME_BYTES_MAX: usize = 4;
/// Memories that are tried, whatever the modem lists.
const MEMORIES_MAX: usize = 6;

/// What is read and emptied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Storage {
    /// Values of the AT+CPMS that the modem took; empty = its own choice.
    choice: String,
    /// As `AT+CPMS?` names the first one; empty = not said.
    name: String,
    pub used: u32,
    pub total: u32,
    /// The modem says that there is no place: an OK is no room, and no reply would ever come.
    pub roomless: bool,
    /// Others that the modem announced something in.
    others: Vec<String>,
}

impl Storage {
    /// The first memory with room. Without any the last that was taken, roomless.
    pub async fn choose(link: &mut Link) -> Result<Self, LinkError> {
        let offer = ask_if_known(link, "AT+CPMS=?", Some("+CPMS:")).await?;
        let choices = choices(offer.values("+CPMS:").unwrap_or_default());
        let mut storage = Self::default();
        for choice in choices {
            let reply = ask_if_known(link, &format!("AT+CPMS={choice}"), Some("+CPMS:")).await?;
            if !reply.is_ok() {
                continue;
            }
            storage.choice = choice;
            match reply.values("+CPMS:").and_then(places) {
                Some((used, total)) => storage.holds(used, total),
                None => storage.measure(link).await?,
            }
            if !storage.roomless {
                break;
            }
            tracing::warn!(memory = storage.choice, "the modem took an SMS storage that has no place");
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
            self.name = name;
            self.holds(used, total);
        }
        Ok(())
    }

    fn holds(&mut self, used: u32, total: u32) {
        (self.used, self.total, self.roomless) = (used, total, total == 0);
    }

    /// A message was announced in this memory; remembered if it is another one.
    pub fn announced(&mut self, memory: &str) {
        let own = memory.is_empty() || memory == self.name || self.choice.contains(&format!("\"{memory}\""));
        if !own && plain(memory) && !self.others.iter().any(|other| other == memory) {
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

fn plain(memory: &str) -> bool {
    !memory.is_empty()
        && memory.len() <= NAME_BYTES_MAX
        && memory.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// All places the same where the modem allows it, so that what arrives (`<mem3>`) is where it is listed (`<mem1>`). `offer` is the
/// answer to `AT+CPMS=?`, such as `("SM","ME"),("SM"),("SM","ME")`.
fn choices(offer: &str) -> Vec<String> {
    let lists: Vec<Vec<&str>> = offer
        .split('(')
        .skip(1)
        .map(|list| {
            let names = list.split(')').next().unwrap_or_default().split(',');
            names.map(|name| name.trim().trim_matches('"')).filter(|name| plain(name)).collect()
        })
        .collect();
    let quoted =
        |memories: &[&str]| memories.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(",");
    let Some(read) = lists.first().filter(|read| !read.is_empty()) else {
        let every = |places: usize| PREFERRED.iter().map(move |memory| vec![*memory; places]);
        return PLACES.into_iter().flat_map(every).map(|memories| quoted(&memories)).collect();
    };
    let known = PREFERRED.into_iter().filter(|memory| read.contains(memory));
    let other = read.iter().copied().filter(|memory| !PREFERRED.contains(memory));
    let mut found = Vec::new();
    for memory in known.chain(other).take(MEMORIES_MAX) {
        let mut memories: Option<Vec<&str>> = Some(Vec::new());
        for list in &lists {
            let same_or_first = if list.contains(&memory) { Some(memory) } else { list.first().copied() };
            memories = memories.zip(same_or_first).map(|(chosen, next)| [chosen, vec![next]].concat());
        }
        found.extend(memories.map(|memories| quoted(&memories)));
        // Some list three and take fewer.
        found.push(quoted(&[memory]));
    }
    found
}

/// Answer to a setting: `<used1>,<total1>,…`, of some modems with the name before.
fn places(values: &str) -> Option<(u32, u32)> {
    if let Some((_, used, total)) = named(values) {
        return Some((used, total));
    }
    let mut values = values.split(',').map(str::trim);
    Some((values.next()?.parse().ok()?, values.next()?.parse().ok()?))
}

/// `<mem1>,<used1>,<total1>,…`.
fn named(values: &str) -> Option<(String, u32, u32)> {
    let mut values = values.split(',').map(str::trim);
    let name = values.next()?.trim_matches('"').to_owned();
    if name.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() {
        return None;
    }
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
        assert_eq!(places("3,50,3,50,3,50"), Some((3, 50)));
        assert_eq!(places("\"SM\",0,0,\"SM\",0,0"), Some((0, 0)));
        assert_eq!(places(""), None);
    }

    #[test]
    fn the_memories_are_those_that_the_modem_lists() {
        let found = choices("(\"ME\",\"SM\"),(\"SM\"),(\"SM\",\"ME\")");
        let wanted = ["\"SM\",\"SM\",\"SM\"", "\"SM\"", "\"ME\",\"SM\",\"ME\"", "\"ME\""];
        assert_eq!(found, wanted);
        assert_eq!(choices("(\"XX\")"), ["\"XX\"", "\"XX\""]);
        assert_eq!(choices("")[..2], ["\"SM\",\"SM\",\"SM\"", "\"ME\",\"ME\",\"ME\""]);
        assert!(choices("(\";+CFUN\")").iter().all(|choice| !choice.contains("CFUN")));
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

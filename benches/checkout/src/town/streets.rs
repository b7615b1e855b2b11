//! The payers: they shop, read what reaches their phones, and answer in their way.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;
use chit_proto::checkout::v1 as proto;
use chit_proto::sms_gateway::v1::{MessageClass, MessageState};
use tonic::Code;

use super::habits::{Chance, Habit, replies};
use super::{SALE_MAX_MINOR, Settings};
use crate::counter::{Counter, Payer, new_id, row_asked};
use crate::far::World;
use crate::far::sms::Shown;
use crate::post::{Post, phone};
use crate::shop::Shop;

/// A payer buys every tenth day or so, at one of three times.
const BUYS_PERMILLE: u64 = 33;
const STRANGER: &str = "+8613900002222";

pub struct Townsman {
    pub payer: Payer,
    pub habit: Habit,
    chance: Chance,
    /// Rows that were seen: one seen before is a reminder.
    rows: Vec<usize>,
    /// Texts of challenges that were answered right from the enrolled phone.
    pub answered: Vec<String>,
}

struct Letter {
    from: String,
    text: String,
    /// The payer, and the challenge that it answers right.
    right: Option<(usize, String)>,
}

pub struct Streets {
    pub people: Vec<Townsman>,
    by_phone: HashMap<String, usize>,
    /// What will be written, by the time at which it is.
    letters: BTreeMap<(i64, u64), Letter>,
    written: u64,
    chance: Chance,
    count: usize,
    seed: u64,
    clients: usize,
    pub refused: BTreeMap<String, usize>,
}

impl Streets {
    pub fn new(settings: &Settings) -> Self {
        Self {
            people: Vec::new(),
            by_phone: HashMap::new(),
            letters: BTreeMap::new(),
            written: 0,
            chance: Chance::new(settings.seed, u64::MAX),
            count: settings.payers,
            seed: settings.seed,
            clients: settings.clients,
            refused: BTreeMap::new(),
        }
    }

    /// Everybody is enrolled and answers the first challenge. A few have a phone that tells nothing back.
    pub async fn move_in(&mut self, shop: &Shop) -> anyhow::Result<()> {
        shop.world.sms.stranger(STRANGER);
        let mut moving = tokio::task::JoinSet::new();
        for client in 0..self.clients {
            let (mut counter, post) = (Counter::at(shop)?, Post::new(shop.world.clone()));
            let mine: Vec<usize> = (client..self.count).step_by(self.clients).collect();
            moving.spawn(async move {
                let mut moved = Vec::with_capacity(mine.len());
                for n in mine {
                    let (name, language) = [("Ada Li", "en"), ("王小明", "zh-CN")][n % 2];
                    let payer = counter.enrol(&format!("{name} {n}"), &phone(n as u32), language).await?;
                    post.answer(&payer).await?;
                    moved.push((n, payer));
                }
                Ok::<_, anyhow::Error>(moved)
            });
        }
        let mut all = Vec::with_capacity(self.count);
        while let Some(moved) = moving.join_next().await {
            all.extend(moved??);
            eprintln!("{} payers enrolled", all.len());
        }
        all.sort_by_key(|(n, _)| *n);
        for (n, payer) in all {
            let mut chance = Chance::new(self.seed, n as u64);
            let habit = Habit::draw(&mut chance);
            match chance.below(100) {
                0 => shop.world.sms.fate(&payer.phone, MessageState::Submitted),
                1 => shop.world.sms.fate(&payer.phone, MessageState::Unknown),
                2 => shop.world.sms.fate(&payer.phone, MessageState::Failed),
                _ => {}
            }
            self.by_phone.insert(payer.phone.clone(), n);
            let (rows, answered) = (Vec::new(), Vec::new());
            self.people.push(Townsman { payer, habit, chance, rows, answered });
        }
        Ok(())
    }

    /// Who reads a challenge decides now what to write, and when.
    pub fn read(&mut self, world: &World, now_ms: i64) {
        for Shown { to, text, class } in world.sms.read() {
            let Some(at) = self.by_phone.get(&to).copied() else { continue };
            let (MessageClass::Challenge, Some(row)) = (class, row_asked(&text)) else { continue };
            let person = &mut self.people[at];
            if person.rows.contains(&row) {
                continue;
            }
            person.rows.push(row);
            let Some(right) = person.payer.card.get(row - 1).cloned() else { continue };
            for reply in replies(person.habit, &mut person.chance, &right, &person.payer.card) {
                let is_right = reply.own_phone && reply.text == right;
                let letter = Letter {
                    from: if reply.own_phone { to.clone() } else { STRANGER.to_owned() },
                    text: reply.text,
                    right: is_right.then(|| (at, text.clone())),
                };
                self.written += 1;
                self.letters.insert((now_ms + reply.after_ms, self.written), letter);
            }
        }
    }

    /// In the order in which it is written, as a gateway gives it.
    pub async fn write_what_is_due(&mut self, shop: &Shop) -> anyhow::Result<()> {
        let later = self.letters.split_off(&(shop.clock.now_ms() + 1, 0));
        let due = std::mem::replace(&mut self.letters, later);
        let mut last = None;
        for letter in due.into_values() {
            if let Some((at, text)) = letter.right {
                self.people[at].answered.push(text);
            }
            last = Some(shop.world.sms.write(&letter.from, &letter.text));
        }
        if let Some(acked) = last {
            acked.await.context("the gateway's stream ended")?;
        }
        Ok(())
    }

    pub async fn go_shopping(&mut self, shop: &Shop) -> anyhow::Result<()> {
        let mut queues: Vec<Vec<(Payer, i64)>> = vec![Vec::new(); self.clients];
        for person in &self.people {
            if self.chance.below(1_000) < BUYS_PERMILLE {
                // Now and then more than a sale may cost.
                let total = 100 + self.chance.below(SALE_MAX_MINOR as u64 + 500) as i64;
                let shortest = queues.iter_mut().min_by_key(|queue| queue.len()).context("no client")?;
                shortest.push((person.payer.clone(), total));
            }
        }
        let mut shopping = tokio::task::JoinSet::new();
        for queue in queues {
            let counter = Counter::at(shop)?;
            shopping.spawn(serve(counter, queue));
        }
        while let Some(client) = shopping.join_next().await {
            for reason in client?? {
                *self.refused.entry(reason).or_default() += 1;
            }
        }
        Ok(())
    }
}

/// One till of the shop serves its queue; returns why sales were refused.
async fn serve(mut counter: Counter, queue: Vec<(Payer, i64)>) -> anyhow::Result<Vec<String>> {
    let mut refused = Vec::new();
    for (payer, total) in queue {
        let sale_id = counter.basket(total).await?;
        match counter.commit(&sale_id, &payer).await {
            Ok(_) => counter.release(&sale_id).await?,
            Err(status) if matches!(status.code(), Code::FailedPrecondition | Code::PermissionDenied) => {
                refused.push(status.message().split(':').next().unwrap_or_default().to_owned());
                let request = proto::VoidSaleRequest { request_id: new_id(), sale_id, ..Default::default() };
                counter.sales.void_sale(request).await?;
            }
            Err(status) => return Err(status.into()),
        }
    }
    Ok(refused)
}

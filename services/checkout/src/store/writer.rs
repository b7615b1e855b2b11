//! The one thread that commits. Changes that come while a commit runs wait, and commit together next: each is a draft
//! over those before it, so a refused one leaves nothing in the group.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use redb::{Database, Durability, ReadableDatabase};
use tokio::sync::{oneshot, watch};

use super::chain::Chain;
use super::layer::Layer;
use super::table::Table;
use super::{DATA_KEY, Tx, Vault, View, stopping, storage};
use crate::values::refusal::{Refusal, Result};

/// Changes that may wait for the thread; the next caller waits to hand its change over.
const WAITING_MAX: usize = 1024;
/// Changes in one commit: more would let the first of them wait too long.
const GROUP_MAX: usize = 64;

/// A change and whoever waits for its answer.
trait Waiting: Send {
    /// True if it is kept.
    fn run(&mut self, tx: &mut Tx) -> bool;
    fn answer(self: Box<Self>, committed: &Result<()>);
}

struct Pending<T, F> {
    change: Option<F>,
    answer: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Waiting for Pending<T, F>
where
    T: Send,
    F: FnOnce(&mut Tx) -> Result<T> + Send,
{
    fn run(&mut self, tx: &mut Tx) -> bool {
        let Some(change) = self.change.take() else { return false };
        let answer = catch_unwind(AssertUnwindSafe(|| change(tx)))
            .unwrap_or_else(|_panic| Err(Refusal::internal("a change panicked; nothing of it was kept")));
        let kept = answer.is_ok();
        self.answer = Some(answer);
        kept
    }

    fn answer(self: Box<Self>, committed: &Result<()>) {
        let answer = match (self.answer, committed) {
            (Some(Ok(_)), Err(refusal)) => Err(refusal.clone()),
            (Some(answer), _) => answer,
            (None, _) => Err(stopping("the change was not made")),
        };
        // Nobody waits any more if the caller went away; the change stands.
        let _ = self.reply.send(answer);
    }
}

#[derive(Clone)]
pub struct Writer(SyncSender<Box<dyn Waiting>>);

impl Writer {
    pub fn start(mut committer: Committer) -> Result<Self> {
        let (sender, waiting) = sync_channel(WAITING_MAX);
        std::thread::Builder::new()
            .name("store".into())
            .spawn(move || committer.run(&waiting))
            .map_err(|error| Refusal::internal(format!("the store's thread does not start: {error}")))?;
        Ok(Self(sender))
    }

    pub fn send<T, F>(&self, change: F, reply: oneshot::Sender<Result<T>>) -> Result<()>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    {
        let pending = Pending { change: Some(change), answer: None, reply };
        self.0.send(Box::new(pending)).map_err(|_gone| stopping("the change was not made"))
    }
}

/// Makes drafts and commits them.
pub struct Committer {
    db: Arc<Database>,
    vault: Arc<Vault>,
    clock: chit_runtime::Clock,
    chain: Chain,
    changes: Arc<HashMap<Table, watch::Sender<u64>>>,
}

impl Committer {
    pub(super) fn new(
        db: Arc<Database>,
        vault: Arc<Vault>,
        clock: chit_runtime::Clock,
        chain: Chain,
        changes: Arc<HashMap<Table, watch::Sender<u64>>>,
    ) -> Self {
        Self { db, vault, clock, chain, changes }
    }

    pub fn read<T>(&self, look: impl FnOnce(&View) -> Result<T>) -> Result<T> {
        look(&View::new(self.db.begin_read().map_err(storage)?, self.vault.clone()))
    }

    /// One change by itself, durable when this returns.
    pub fn change<T>(&mut self, change: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        let view = View::new(self.db.begin_read().map_err(storage)?, self.vault.clone());
        let mut tx = Tx::new(view, Layer::default(), self.chain, self.clock.now());
        let answer = change(&mut tx)?;
        let (view, _none, own, chain) = tx.into_parts();
        drop(view);
        self.commit(own, chain, true)?;
        Ok(answer)
    }

    /// Until the last store is dropped.
    fn run(&mut self, waiting: &Receiver<Box<dyn Waiting>>) {
        while let Ok(first) = waiting.recv() {
            let mut group = vec![first];
            let committed = self.group(&mut group, waiting);
            for change in group {
                change.answer(&committed);
            }
        }
    }

    /// Empties all tables but what the store is opened with: for an import that begins anew.
    pub fn start_over(&mut self) -> Result<()> {
        let mut tx = self.db.begin_write().map_err(storage)?;
        tx.set_quick_repair(true);
        for table in Table::ALL.iter().filter(|table| **table != Table::Meta) {
            tx.delete_table(table.definition()).map_err(storage)?;
        }
        let mut meta = tx.open_table(Table::Meta.definition()).map_err(storage)?;
        meta.retain(|key, _| key == DATA_KEY).map_err(storage)?;
        drop(meta);
        super::table::create_all(&tx)?;
        tx.commit().map_err(storage)?;
        self.chain = Chain::default();
        Ok(())
    }

    fn group(
        &mut self,
        group: &mut Vec<Box<dyn Waiting>>,
        waiting: &Receiver<Box<dyn Waiting>>,
    ) -> Result<()> {
        let mut view = View::new(self.db.begin_read().map_err(storage)?, self.vault.clone());
        let (mut kept, mut chain) = (Layer::default(), self.chain);
        let mut durable = false;
        let mut at = 0;
        while at < group.len() {
            let mut tx = Tx::new(view, kept, chain, self.clock.now());
            let keep = group[at].run(&mut tx);
            durable |= keep && tx.durable;
            let (left, mut earlier, own, newest) = tx.into_parts();
            if keep {
                earlier.absorb(own);
                chain = newest;
            }
            (view, kept) = (left, earlier);
            at += 1;
            if at == group.len() && at < GROUP_MAX {
                group.extend(waiting.try_recv());
            }
        }
        drop(view);
        self.commit(kept, chain, durable)
    }

    fn commit(&mut self, kept: Layer, chain: Chain, durable: bool) -> Result<()> {
        if kept.is_empty() {
            return Ok(());
        }
        let changed: Vec<Table> = self.changes.keys().copied().filter(|table| kept.touches(*table)).collect();
        let mut tx = self.db.begin_write().map_err(storage)?;
        if durable {
            // A killed process opens at once: the file needs no repair.
            tx.set_quick_repair(true);
        } else {
            tx.set_durability(Durability::None).map_err(storage)?;
        }
        for (table, rows) in kept.into_tables() {
            let mut open = tx.open_table(table.definition()).map_err(storage)?;
            for (key, value) in rows {
                match value {
                    Some(value) => open.insert(key.as_slice(), value.as_slice()).map_err(storage)?,
                    None => open.remove(key.as_slice()).map_err(storage)?,
                };
            }
        }
        tx.commit().map_err(storage)?;
        self.chain = chain;
        for table in changed {
            if table == Table::Events {
                self.changes[&table].send_replace(chain.revision);
            } else {
                self.changes[&table].send_modify(|times| *times += 1);
            }
        }
        Ok(())
    }
}

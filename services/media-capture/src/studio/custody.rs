//! What is kept of a sale, until when, and its end.

use std::time::{Duration, Instant};

use super::desk::Desk;
use super::{Keeping, StudioError, Told};
use crate::domain::budget::Budget;
use crate::domain::custody::{Custody, CustodyRefused, Entry, EntryKind, Hold};
use crate::domain::ids::SaleId;
use crate::domain::recording::State;
use crate::domain::retention::Verdict;
use crate::evidence::Bundle;

/// Erased at one look, so that a sale never waits for a long list.
const ERASED_AT_ONCE_MAX: usize = 50;
const RULE_DISK: &str = "disk";
const RULE_PERSON: &str = "person";

/// Who wants something and why.
pub struct Asked {
    pub actor: String,
    pub reason: String,
}

impl Desk {
    pub(super) fn keeping(&self, sale: &SaleId) -> Result<Keeping, StudioError> {
        self.with.store.recording_of_sale(sale)?.ok_or(StudioError::NotFound)?;
        let custody = self.with.store.custody(sale)?;
        let schedule = self.with.settings.retention.schedule(&custody.facts);
        Ok(Keeping { sale: sale.clone(), profile: self.with.settings.retention.word(), custody, schedule })
    }

    pub(super) fn note_facts(&mut self, sale: &SaleId, told: Told) -> Result<Keeping, StudioError> {
        let mut custody = self.keeping(sale)?.custody;
        let before = custody.clone();
        custody.note(told.facts, told.still_owed);
        if custody != before {
            self.put(sale, &custody, None)?;
            self.look_at = Instant::now();
        }
        self.keeping(sale)
    }

    pub(super) fn hold(&mut self, sale: &SaleId, hold: Hold) -> Result<Keeping, StudioError> {
        let mut custody = self.keeping(sale)?.custody;
        let asked = Asked { actor: hold.actor.clone(), reason: hold.reason.clone() };
        if custody.hold(hold)? {
            let entry = self.entry(sale, EntryKind::Held, "", asked)?;
            self.put(sale, &custody, Some(&entry))?;
        }
        self.keeping(sale)
    }

    pub(super) fn release(
        &mut self,
        sale: &SaleId,
        hold_id: &str,
        actor: String,
    ) -> Result<Keeping, StudioError> {
        let mut custody = self.keeping(sale)?.custody;
        if let Some(hold) = custody.release(hold_id) {
            let asked = Asked { actor, reason: hold.reason };
            let entry = self.entry(sale, EntryKind::HoldReleased, "", asked)?;
            self.put(sale, &custody, Some(&entry))?;
            self.look_at = Instant::now();
        }
        self.keeping(sale)
    }

    /// A person wants the film gone before its term.
    pub(super) fn purge(&mut self, sale: &SaleId, asked: Asked) -> Result<Keeping, StudioError> {
        let keeping = self.keeping(sale)?;
        let Keeping { custody, schedule, .. } = keeping;
        if custody.film_kept() {
            if custody.is_held() {
                return Err(CustodyRefused::Held.into());
            }
            if schedule.judge(self.now_us(), false, true, true) == Verdict::Keep {
                return Err(CustodyRefused::StillNeeded.into());
            }
            self.erase_film(sale, custody, RULE_PERSON, asked)?;
        }
        self.keeping(sale)
    }

    /// A copy left the shop.
    pub(super) fn exported(
        &mut self,
        sale: &SaleId,
        kind: EntryKind,
        asked: Asked,
    ) -> Result<(), StudioError> {
        let custody = self.with.store.custody(sale)?;
        let entry = self.entry(sale, kind, "", asked)?;
        self.put(sale, &custody, Some(&entry))
    }

    /// What is due goes; where the disk is short of room, what may go goes, too.
    pub(super) fn look_at_what_is_due(&mut self) {
        if Instant::now() < self.look_at {
            return;
        }
        self.look_at = Instant::now() + self.with.settings.look_every;
        let now = self.now_us();
        let short = self.budget() >= Budget::Prune;
        let due = self.with.store.due(now, ERASED_AT_ONCE_MAX);
        let more = if short { self.with.store.film_by_due(ERASED_AT_ONCE_MAX * 4) } else { Ok(Vec::new()) };
        let (due, more) = match (due, more) {
            (Ok(due), Ok(more)) => (due, more),
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(%error, cause = ?std::error::Error::source(&error), "cannot tell what is due");
                return;
            }
        };
        if due.len() == ERASED_AT_ONCE_MAX {
            self.look_at = Instant::now() + Duration::from_millis(100);
        }
        for sale in due.into_iter().chain(more) {
            if let Err(error) = self.judge(&sale, now, short) {
                tracing::error!(%sale, %error, cause = ?std::error::Error::source(&error), "not erased yet");
            }
        }
    }

    fn judge(&mut self, sale: &SaleId, now: i64, short: bool) -> Result<(), StudioError> {
        let custody = self.with.store.custody(sale)?;
        let schedule = self.with.settings.retention.schedule(&custody.facts);
        let nobody = || Asked { actor: String::new(), reason: String::new() };
        match schedule.judge(now, custody.is_held(), custody.film_kept(), short) {
            // Held: it is looked at again when the hold is released.
            Verdict::Keep => Ok(()),
            Verdict::EraseFilm => {
                let early = schedule.film_due.is_none_or(|due| due > now);
                let rule = if early { RULE_DISK.to_owned() } else { schedule.rule.unwrap_or_default() };
                self.erase_film(sale, custody, &rule, nobody())
            }
            Verdict::EraseAll => {
                let entry = self.entry(sale, EntryKind::AllErased, "rest", nobody())?;
                self.with.film_keys.erase(sale)?;
                let freed = Bundle::of(&self.with.settings.evidence, sale).remove()?;
                self.used_bytes = self.used_bytes.saturating_sub(freed);
                let custody = Custody { all_erased: Some(now), ..custody };
                self.with.store.put_custody(sale, &custody, None, Some(&entry))?;
                self.logged.send_replace(());
                Ok(())
            }
        }
    }

    /// Key first: from then on nobody can see it. Then the room is given back, then it is told; a crash in between
    /// leaves it due, and it is done again.
    fn erase_film(
        &mut self,
        sale: &SaleId,
        custody: Custody,
        rule: &str,
        asked: Asked,
    ) -> Result<(), StudioError> {
        let recording = self.with.store.recording_of_sale(sale)?.ok_or(StudioError::NotFound)?;
        if !matches!(recording.state, State::Sealed | State::Partial) {
            return Err(CustodyRefused::StillNeeded.into());
        }
        let entry = self.entry(sale, EntryKind::FilmErased, rule, asked)?;
        self.with.film_keys.erase(sale)?;
        let freed = Bundle::of(&self.with.settings.evidence, sale).remove_film()?;
        self.used_bytes = self.used_bytes.saturating_sub(freed);
        let custody = Custody { film_erased: Some((entry.at, rule.to_owned())), ..custody };
        self.put(sale, &custody, Some(&entry))?;
        tracing::info!(%sale, rule, "film erased");
        Ok(())
    }

    fn entry(&self, sale: &SaleId, kind: EntryKind, rule: &str, asked: Asked) -> Result<Entry, StudioError> {
        let recording = self.with.store.recording_of_sale(sale)?.ok_or(StudioError::NotFound)?;
        Ok(Entry {
            sale: sale.clone(),
            kind,
            at: self.now_us(),
            rule: rule.to_owned(),
            actor: asked.actor,
            reason: asked.reason,
            manifest_sha256: recording.manifest_sha256.map(Vec::from).unwrap_or_default(),
        })
    }

    fn put(&self, sale: &SaleId, custody: &Custody, entry: Option<&Entry>) -> Result<(), StudioError> {
        let schedule = self.with.settings.retention.schedule(&custody.facts);
        let due = schedule.next(custody.film_kept()).filter(|_| !custody.is_held());
        self.with.store.put_custody(sale, custody, due, entry)?;
        if entry.is_some() {
            self.logged.send_replace(());
        }
        Ok(())
    }
}

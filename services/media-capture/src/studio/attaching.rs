//! What is added to a recording: photos, goods, the receipt's number.

use sha2::{Digest, Sha256};

use super::desk::Desk;
use super::feed::EventKind;
use super::{Note, Shot, StudioError};
use crate::domain::ids::{RecordingId, SaleId};
use crate::domain::recording::{Goods, Photo, PhotoKind, Recording};

impl Desk {
    /// What is told of a sale: for its photo 2 and its manifest, and for the pictures from now on.
    pub(super) fn note(&mut self, sale: &SaleId, note: Note) -> Result<(), StudioError> {
        for (own, told) in [(&mut self.note.shop, note.shop), (&mut self.note.till, note.till)] {
            if !told.is_empty() {
                *own = told;
            }
        }
        let live = self.live.values().find(|live| live.recording.sale_id == *sale);
        let Some(live) = live else {
            let known = self.with.store.recording_of_sale(sale)?.ok_or(StudioError::NotFound)?;
            return Ok(known.clone().note_receipt(&note.receipt_no).map(|_| ())?);
        };
        let mut changed = live.recording.clone();
        if changed.note_receipt(&note.receipt_no)? {
            self.with.store.put(&changed)?;
            if let Some(live) = self.live.get_mut(&changed.id) {
                live.recording = changed;
            }
        }
        Ok(())
    }

    pub(super) fn photo_begins(&mut self, id: &RecordingId) -> Result<Recording, StudioError> {
        let Some(live) = self.live.get_mut(id) else {
            return self.with.store.recording(id)?.ok_or(StudioError::NotFound);
        };
        live.photos_under_way += 1;
        Ok(live.recording.clone())
    }

    pub(super) fn photo_over(&mut self, id: &RecordingId) {
        if let Some(live) = self.live.get_mut(id) {
            live.photos_under_way = live.photos_under_way.saturating_sub(1);
            self.seal_when_ready(id);
        }
    }

    pub(super) fn photo(
        &mut self,
        id: &RecordingId,
        kind: PhotoKind,
        shot: Shot,
    ) -> Result<Recording, StudioError> {
        let live = self.live.get_mut(id).ok_or(StudioError::NotFound)?;
        if live.recording.photos[kind.index()].is_some() {
            return Ok(live.recording.clone());
        }
        let mut changed = live.recording.clone();
        let photo = Photo { sha256: Sha256::digest(&shot.jpeg).into(), taken_us: shot.taken_us };
        changed.photo_taken(kind, photo)?;
        if shot.paper_code.is_some() {
            changed.paper_code = shot.paper_code;
        }
        live.bundle.write_photo(kind, &shot.jpeg, &live.film)?;
        self.with.store.put(&changed)?;
        Ok(self.changed(changed, EventKind::Photo))
    }

    pub(super) fn goods(
        &mut self,
        id: &RecordingId,
        goods: &[u8],
        media_type: String,
    ) -> Result<Recording, StudioError> {
        let attached = Goods { sha256: Sha256::digest(goods).into(), media_type };
        let Some(live) = self.live.get_mut(id) else {
            let mut known = self.with.store.recording(id)?.ok_or(StudioError::NotFound)?;
            known.attach_goods(attached)?;
            return Ok(known);
        };
        let mut changed = live.recording.clone();
        if !changed.attach_goods(attached)? {
            return Ok(changed);
        }
        live.bundle.write_goods(goods, &self.with.keepers)?;
        self.with.store.put(&changed)?;
        let id = changed.id.clone();
        self.changed(changed, EventKind::State);
        self.seal_when_ready(&id);
        self.get(&id).map(|(recording, _)| recording)
    }
}

//! Sales and lanes in the store.

use jiff::SignedDuration;

use super::record::{from_record, to_record};
use super::sale::{Commit, ReceiptState, Sale, Stage, Step};
use crate::store::due::{Due, DueKind};
use crate::store::history::{Change, Kind};
use crate::store::records::{self, sale as stored};
use crate::store::table::Table;
use crate::store::{Seek, Tx, View};
use crate::values::ids::{PayerId, SaleId};
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};
use crate::values::short_code::{ReadProof, ReceiptCode, SaleNumber};

/// DESIGN step 5: released by itself 60 s after the print fence.
const RELEASE_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// A basket that nobody touched for so long was left behind.
pub const DRAFT_KEPT: SignedDuration = SignedDuration::from_hours(12);
/// In the index of sales that need a person: the sale itself says so.
const ATTENTION_SOURCE: u8 = 1;

impl Tx {
    pub fn put_sale(&mut self, actor: &str, sale: &Sale) -> Result<()> {
        let key = sale.id.to_bytes();
        let before = self.record::<stored::Sale>(Table::Sales, &key)?;
        let known = before.clone().map(|record| from_record(sale.id, record)).transpose()?;
        let record = to_record(sale);
        self.index_sale(known.as_ref(), sale)?;
        self.move_in_lane(known.as_ref(), sale)?;
        self.reserve(known.as_ref(), sale)?;
        self.reschedule(&known.as_ref().map(due).unwrap_or_default(), &due(sale));
        if known.as_ref().is_some_and(|known| evidence_changed(known, sale)) {
            // Its minute may have come and gone while evidence was missing.
            due(sale).iter().for_each(|due| self.schedule(due));
        }
        self.put(Table::Sales, &key, &record);
        let state = sale.state(None) as u32;
        let change = Change {
            kind: Kind::Sale,
            subject: &key,
            state: if known.is_some_and(|known| known.state(None) as u32 == state) { 0 } else { state },
            before: before.as_ref().map(records::body),
            after: records::body(&record),
        };
        self.record_change(actor, &change)
    }

    fn index_sale(&mut self, before: Option<&Sale>, sale: &Sale) -> Result<()> {
        let key = sale.id.to_bytes();
        let (old, new) = (before.and_then(Sale::presented), sale.presented());
        if old.map(|shown| shown.payer) != new.map(|shown| shown.payer) {
            if let Some(old) = old {
                self.remove(Table::SalesByPayer, &[&old.payer.0[..], &key].concat());
            }
            if let Some(new) = new {
                self.set(Table::SalesByPayer, &[&new.payer.0[..], &key].concat(), Vec::new());
            }
        }
        let newly_sold = before.and_then(Sale::sold).is_none();
        if let Some(sold) = sale.sold().filter(|_| newly_sold) {
            self.set(Table::ReceiptNumbers, sold.receipt_no.as_bytes(), key.to_vec());
            self.set(Table::LookupCodes, &sold.receipt.lookup_code.to_bytes(), key.to_vec());
            let number = [sold.number.to_string().as_bytes(), &key].concat();
            self.set(Table::SaleNumbers, &number, Vec::new());
        }
        let attention = [&key[..], &[ATTENTION_SOURCE]].concat();
        self.index(Table::SaleAttention, &attention, needs_person(sale));
        Ok(())
    }

    /// Each lane knows its newest draft and the sale that waits for its payer to leave.
    fn move_in_lane(&mut self, before: Option<&Sale>, sale: &Sale) -> Result<()> {
        let (key, name) = (sale.id.to_bytes().to_vec(), sale.lane.as_bytes());
        let editable = |sale: &Sale| sale.must_be_editable("").is_ok();
        let (was_draft, is_draft) = (before.is_some_and(editable), editable(sale));
        let (was_leaving, is_leaving) =
            (before.is_some_and(Sale::waits_for_release), sale.waits_for_release());
        if (was_draft, was_leaving) == (is_draft, is_leaving) {
            return Ok(());
        }
        let mut lane: stored::Lane = self.record(Table::Lanes, name)?.unwrap_or_default();
        let place = |slot: &mut Vec<u8>, here: bool| {
            if here && slot.as_slice() < key.as_slice() {
                slot.clone_from(&key);
            } else if !here && *slot == key {
                slot.clear();
            }
        };
        place(&mut lane.draft, is_draft);
        place(&mut lane.leaving, is_leaving);
        self.put(Table::Lanes, name, &lane);
        Ok(())
    }

    /// An amount that the ledger is being asked for counts for the limits before it has answered.
    fn reserve(&mut self, before: Option<&Sale>, sale: &Sale) -> Result<()> {
        let asked = |sale: &Sale| match &sale.stage {
            Stage::PayerOk { payer, commit: Commit::Asked(_) } => Some((payer.payer, sale.total_minor)),
            _ => None,
        };
        let (old, new) = (before.and_then(asked), asked(sale));
        if old == new {
            return Ok(());
        }
        let key = |payer: PayerId| [&payer.0[..], &sale.id.to_bytes()].concat();
        if let Some((payer, amount)) = old {
            self.remove(Table::Reservations, &key(payer));
            self.change_till_unverified(-amount)?;
        }
        if let Some((payer, amount)) = new {
            self.set(Table::Reservations, &key(payer), amount.to_be_bytes().to_vec());
            self.change_till_unverified(amount)?;
        }
        Ok(())
    }

    /// The next receipt number of the day, without gaps: it is only taken in the transaction that commits the sale.
    pub fn take_receipt_no(&mut self, day: &str) -> Result<String> {
        let next = self.next_number(&format!("{RECEIPTS} {day}"))?;
        Ok(format!("{day}-{next:06}"))
    }
}

const RECEIPTS: &str = "receipts";

/// The release after a while, and the end of a basket left behind.
fn due(sale: &Sale) -> Vec<Due> {
    let subject = sale.id.to_bytes();
    match &sale.stage {
        Stage::Draft | Stage::PayerOk { commit: Commit::NotAsked | Commit::Refused(_), .. } => {
            vec![Due::new(sale.touched_at + DRAFT_KEPT, DueKind::GiveUpDraft, &subject)]
        }
        Stage::Sold(sold) if sale.waits_for_release() => {
            let fenced = sold.receipt.fenced_at.unwrap_or(sold.at);
            vec![Due::new(fenced + RELEASE_AFTER, DueKind::Release, &subject)]
        }
        _ => Vec::new(),
    }
}

/// What a release looks at, apart from paper.
fn evidence_changed(before: &Sale, after: &Sale) -> bool {
    let looked_at = |sale: &Sale| {
        sale.sold().map(|sold| {
            let evidence = &sold.evidence;
            (evidence.photo_1_sha256, evidence.video_running, evidence.override_by.is_some())
        })
    };
    looked_at(before) != looked_at(after)
}

/// A person at the counter must see to it, whatever the policy.
fn needs_person(sale: &Sale) -> bool {
    matches!(&sale.stage, Stage::Sold(sold)
        if matches!(sold.step, Step::Committed | Step::Printing)
            && !matches!(sold.receipt.state, ReceiptState::None | ReceiptState::Waiting | ReceiptState::Printing))
}

impl View {
    pub fn find_sale(&self, id: SaleId) -> Result<Option<Sale>> {
        let record = self.record::<stored::Sale>(Table::Sales, &id.to_bytes())?;
        record.map(|record| from_record(id, record)).transpose()
    }

    pub fn sale(&self, id: SaleId) -> Result<Sale> {
        self.find_sale(id)?.ok_or_else(|| Refusal::not_found(Reason::SALE_NOT_FOUND, "sale"))
    }

    /// By sale id, receipt number, look-up code, or the number or proof in its SMS, as a person types it.
    pub fn sale_by_reference(&self, reference: &str) -> Result<SaleId> {
        let reference = reference.trim();
        if let Some(id) = self.get(Table::ReceiptNumbers, reference.as_bytes())? {
            return records::id(&id);
        }
        if let Ok(code) = reference.parse::<ReceiptCode>()
            && let Some(id) = self.get(Table::LookupCodes, &code.to_bytes())?
        {
            return records::id(&id);
        }
        if let Ok(number) = reference.parse::<SaleNumber>()
            && let Some(id) = self.newest_of_number(number)?
        {
            return Ok(id);
        }
        if let Ok(proof) = reference.parse::<ReadProof>()
            && let Some(id) = self.sale_of_proof(proof)?
        {
            return Ok(id);
        }
        let id: SaleId = reference.parse()?;
        self.sale(id).map(|sale| sale.id)
    }

    /// The newest sale of this four-character number; payers use them for their newest purchases.
    fn newest_of_number(&self, number: SaleNumber) -> Result<Option<SaleId>> {
        let rows = self.page(Table::SaleNumbers, number.to_string().as_bytes(), Seek::End, 1)?;
        rows.first().map(|(key, _)| records::id(key)).transpose()
    }

    pub fn has_lookup_code(&self, code: ReceiptCode) -> Result<bool> {
        self.has(Table::LookupCodes, &code.to_bytes())
    }

    /// The payer's sale after this one, in the order of their time.
    pub fn next_sale_of(&self, payer: PayerId, after: Option<SaleId>) -> Result<Option<SaleId>> {
        let after = after.map(SaleId::to_bytes);
        let from = after.as_ref().map_or(Seek::Start, |after| Seek::After(after));
        let rows = self.page(Table::SalesByPayer, &payer.0, from, 1)?;
        rows.first().map(|(key, _)| records::id(key)).transpose()
    }

    /// The payer's sales that the ledger is being asked for.
    pub fn reserved_of(&self, payer: PayerId) -> Result<usize> {
        Ok(self.keys_of(Table::Reservations, &payer.0)?.len())
    }

    /// A page of sales before this one, newest first; of one payer or of all.
    pub fn sales_before(
        &self,
        payer: Option<PayerId>,
        id: Option<SaleId>,
        limit: usize,
    ) -> Result<Vec<Sale>> {
        let before = id.map(SaleId::to_bytes);
        let seek = before.as_ref().map_or(Seek::End, |before| Seek::Before(before));
        let rows = match payer {
            Some(payer) => self.page(Table::SalesByPayer, &payer.0, seek, limit)?,
            None => self.page(Table::Sales, b"", seek, limit)?,
        };
        rows.iter().map(|(key, _)| self.sale(records::id(key)?)).collect()
    }

    /// The newest sale of the lane whose basket may change.
    pub fn draft_of(&self, lane: &str) -> Result<Option<SaleId>> {
        let lane: stored::Lane = self.record(Table::Lanes, lane.as_bytes())?.unwrap_or_default();
        records::optional_id(&lane.draft)
    }

    /// The sale of the lane that waits for its payer to leave.
    pub fn leaving_of(&self, lane: &str) -> Result<Option<SaleId>> {
        let lane: stored::Lane = self.record(Table::Lanes, lane.as_bytes())?.unwrap_or_default();
        records::optional_id(&lane.leaving)
    }

    /// Sales that a person must see to, newest first.
    pub fn sales_in_need(&self, limit: usize) -> Result<Vec<SaleId>> {
        // Each sale stands here once for itself and once for its deduction.
        let rows = self.page(Table::SaleAttention, b"", Seek::End, 2 * limit)?;
        let mut ids: Vec<SaleId> =
            rows.iter().map(|(key, _)| records::id(&key[..16])).collect::<Result<_>>()?;
        ids.dedup();
        ids.truncate(limit);
        Ok(ids)
    }

    /// The last receipt number of a day that was given.
    pub fn receipts_of(&self, day: &str) -> Result<u64> {
        self.counter(&format!("{RECEIPTS} {day}"))
    }
}

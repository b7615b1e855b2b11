//! The file of a batch, put into the bank's drop folder whole or not at all. Written again, it has the same bytes and the
//! same MsgId: a bank that took it already says so (DUPL), and nobody is debited twice.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use chit_iso20022::csv_profile::Table;
use chit_iso20022::pain008::{self, Totals, WriteError};
use chit_runtime::failpoint;
use iso_currency::Currency;
use sha2::{Digest as _, Sha256};

use super::point::done;
use crate::collection::filed::{Debit, FileState, Filed, Group, hand_over};
use crate::config::bank::{Bank, Format};
use crate::context::Shop;
use crate::peers::Fault;
use crate::store::View;
use crate::values::ids::BatchId;
use crate::values::refusal::{Refusal, Result};

/// Debits read at a time.
const PAGE: usize = 500;
/// The bank's program reads it as another user of the same group.
const FILE_MODE: u32 = 0o640;

pub async fn write(shop: &Arc<Shop>, entry: u64, id: BatchId) -> std::result::Result<(), Fault> {
    let here = shop.clone();
    let sha256 = shop.store.read(move |view| drop_file(&here, view, id)).await?;
    failpoint("checkout/write_file/renamed");
    let carried = shop.bank.as_ref().is_some_and(|bank| bank.carrier.is_some());
    let stored = shop.store.write(move |tx| {
        let mut filed = tx.filed(id)?;
        if filed.state == FileState::Made {
            if carried {
                hand_over::wait(tx, &mut filed)?;
            }
            let written_at = Some(tx.now);
            tx.put_filed(&Filed { state: FileState::Written, sha256: Some(sha256), written_at, ..filed });
            tx.tell_batch(id)?;
        }
        done(tx, entry)
    });
    Ok(stored.await?)
}

fn drop_file(shop: &Shop, view: &View, id: BatchId) -> Result<[u8; 32]> {
    let bank = shop.bank.as_ref().ok_or_else(crate::config::bank::no_bank)?;
    let filed = view.filed(id)?;
    let part = bank.drop_dir.join(format!(".{}.part", filed.file_name));
    let sha256 = write_part(shop, view, bank, &filed, &part)?;
    let whole = bank.drop_dir.join(&filed.file_name);
    fs::rename(&part, &whole).map_err(|error| unwritable(&whole, &error))?;
    // The name is durable with its folder.
    let folder = File::open(&bank.drop_dir).and_then(|folder| folder.sync_all());
    folder.map_err(|error| unwritable(&bank.drop_dir, &error))?;
    Ok(sha256)
}

fn write_part(shop: &Shop, view: &View, bank: &Bank, filed: &Filed, part: &Path) -> Result<[u8; 32]> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(true).mode(FILE_MODE);
    let file = options.open(part).map_err(|error| unwritable(part, &error))?;
    let out = content(view, bank, filed, shop.currency, shop.cfg.shop_name(false), BufWriter::new(file))?;
    let (file, sha256) = out.finish().map_err(|error| unwritable(part, &error))?;
    file.sync_all().map_err(|error| unwritable(part, &error))?;
    Ok(sha256)
}

/// Writes the file of a batch, a page of debits at a time.
pub fn content<W: Write>(
    view: &View,
    bank: &Bank,
    filed: &Filed,
    currency: Currency,
    shop_name: &str,
    out: W,
) -> Result<Hashed<W>> {
    let out = Hashed { out, hash: Sha256::new() };
    let message_id = filed.batch.to_string();
    match bank.format {
        Format::Xml(version) => {
            let totals = Totals { debits: filed.debits(), minor: filed.minor() };
            let created = filed.created_at;
            let begun =
                pain008::File::begin(out, version, &message_id, created, &bank.creditor, currency, totals);
            let mut file = begun.map_err(malformed)?;
            for (at, group) in filed.groups.iter().enumerate() {
                let totals = Totals { debits: group.debits.into(), minor: group.minor.into() };
                let (sequence, collect_on) = (group.sequence, group.collect_on);
                let id = filed.group_id(at);
                let head = pain008::Group { id: &id, sequence, collect_on, totals };
                file.group(&head).map_err(malformed)?;
                each_debit(view, filed.batch, at, shop_name, |debit| file.debit(debit))?;
            }
            file.finish().map_err(malformed)
        }
        Format::Csv => {
            let mut table = Table::begin(out, &bank.csv, &message_id, currency).map_err(malformed)?;
            for (at, Group { collect_on, .. }) in filed.groups.iter().enumerate() {
                each_debit(view, filed.batch, at, shop_name, |debit| table.debit(debit, *collect_on))?;
            }
            table.finish().map_err(malformed)
        }
    }
}

fn each_debit(
    view: &View,
    batch: BatchId,
    group: usize,
    shop_name: &str,
    mut write: impl FnMut(&pain008::Debit<'_>) -> std::result::Result<(), WriteError>,
) -> Result<()> {
    let place = u8::try_from(group).unwrap_or(u8::MAX);
    let mut after = None;
    loop {
        let page = view.debits(batch, place, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.sale);
        for debit in &page {
            one(debit, shop_name, &mut write)?;
        }
    }
}

fn one(
    debit: &Debit,
    shop_name: &str,
    write: &mut impl FnMut(&pain008::Debit<'_>) -> std::result::Result<(), WriteError>,
) -> Result<()> {
    let (instruction_id, end_to_end_id) = (debit.presentment.to_string(), debit.sale.to_string());
    let (mandate_id, remittance) = (debit.mandate.to_string(), format!("{shop_name} {}", debit.number));
    let debit = pain008::Debit {
        instruction_id: &instruction_id,
        end_to_end_id: &end_to_end_id,
        amount_minor: debit.amount_minor,
        mandate_id: &mandate_id,
        mandate_signed: debit.signed_on,
        debtor_name: &debit.account.holder,
        debtor_iban: &debit.account.iban,
        debtor_bic: debit.account.bic.as_deref(),
        remittance: &remittance,
    };
    write(&debit).map_err(malformed)
}

/// What passes through, hashed.
pub struct Hashed<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W> Hashed<W> {
    pub fn into_parts(self) -> (W, [u8; 32]) {
        (self.out, self.hash.finalize().into())
    }
}

impl Hashed<BufWriter<File>> {
    fn finish(self) -> io::Result<(File, [u8; 32])> {
        let (out, sha256) = self.into_parts();
        Ok((out.into_inner().map_err(io::IntoInnerError::into_error)?, sha256))
    }
}

fn malformed(error: WriteError) -> Refusal {
    Refusal::internal(format!("the file for the bank cannot be written: {error}"))
}

fn unwritable(path: &Path, error: &io::Error) -> Refusal {
    let place = path.display();
    Refusal::internal(format!("{place}: {error}; see drop_dir in [checkout.bank] and who may write there"))
}

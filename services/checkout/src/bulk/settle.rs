//! Collecting from a whole town by files, timed: confirmed sales become files, and what the bank says of them is imported.
//! The other services are other processes and are not asked: what waits for them is done at once.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use chit_runtime::Context;
use jiff::civil::date;
use tokio::task::JoinSet;

use super::put::{CASHIER, Occasion, in_state};
use super::{AT_A_TIME, enrol, payer_id};
use crate::collection::filed::FileState;
use crate::collection::mandate::{BankAccount, Mandate};
use crate::collection::{State, Step, settling};
use crate::config::Config;
use crate::context::Shop;
use crate::effects::bank_file::content;
use crate::inbound::bank_file::{Spool, import};
use crate::sale::state::SaleState;
use crate::store::{Tx, View};
use crate::values::ids::{BatchId, SaleId};
use crate::values::refusal::{Refusal, Result};

/// Sales of one payer.
const OF_A_PAYER: usize = 10;
const AMOUNT_MINOR: i64 = 1_250;
/// Every so manieth debit is not paid.
const REFUSED_EVERY: usize = 20;
const PIECE_BYTES: usize = 256 << 10;

#[derive(Debug)]
pub struct SettleFigures {
    pub batch_s: f64,
    pub import_s: f64,
    /// The most memory that it took after the town was written.
    pub rss_mb: f64,
    /// Deductions that did not end as the bank said, and sums that differ.
    pub disagreements: u64,
}

/// `folder` is for the files.
pub async fn time_settling(
    ctx: Context,
    cfg: Config,
    count: usize,
    folder: &Path,
) -> anyhow::Result<SettleFigures> {
    let shop = Shop::open(&ctx, cfg).await?;
    let mut others = JoinSet::new();
    others.spawn(far_sides(shop.clone()));
    write_confirmed(&shop, count).await?;
    // The peak until here is the town's.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let began = Instant::now();
    let batches = make_batches(&shop, folder).await?;
    let batch_s = began.elapsed().as_secs_f64();
    let statement = folder.join("statement.xml");
    let refused = folder.join("refused.xml");
    let (here, paths) = (shop.clone(), (statement.clone(), refused.clone()));
    shop.store.read(move |view| speak(view, &here, &batches, &paths.0, &paths.1)).await?;
    let began = Instant::now();
    for path in [&refused, &statement] {
        take_in(&shop, path).await?;
    }
    let import_s = began.elapsed().as_secs_f64();
    let disagreements = shop.store.read(move |view| disagreements(view, count)).await?;
    Ok(SettleFigures { batch_s, import_s, rss_mb: peak_mb()?, disagreements })
}

/// The other services, which do at once whatever waits for them.
async fn far_sides(shop: Arc<Shop>) {
    let mut outbox = shop.store.watch_outbox();
    let mut served = 0;
    while outbox.changed().await.is_ok() {
        let done = |newest| {
            move |tx: &mut Tx| {
                let entries = tx.outbox_after(newest, AT_A_TIME)?;
                let newest = entries.last().map_or(newest, |(entry, _)| *entry);
                entries.into_iter().try_for_each(|(entry, _)| tx.complete(entry))?;
                Ok(newest)
            }
        };
        match shop.store.write(done(served)).await {
            Ok(newest) => served = newest,
            Err(refusal) => tracing::error!(%refusal, "the far sides stopped"),
        }
    }
}

async fn write_confirmed(shop: &Arc<Shop>, count: usize) -> Result<()> {
    let now = shop.clock.now();
    let payers = count.div_ceil(OF_A_PAYER);
    for first in (0..payers).step_by(AT_A_TIME) {
        let (here, shop2) = (first..(first + AT_A_TIME).min(payers), shop.clone());
        let sign = move |tx: &mut Tx| {
            here.clone().try_for_each(|n| {
                enrol(tx, &shop2, n, now)?;
                mandate(tx, n)
            })
        };
        shop.store.write(sign).await?;
    }
    let day = shop.local_day();
    for first in (0..count).step_by(AT_A_TIME) {
        let (here, day) = (first..(first + AT_A_TIME).min(count), day.clone());
        let sell = move |tx: &mut Tx| {
            for n in here.clone() {
                let payer = payer_id(n / OF_A_PAYER);
                let (sale, account) = (sale_id(n), tx.payer(payer)?.account);
                let at = now - jiff::SignedDuration::from_hours(30 * 24);
                let occasion = Occasion { sale, payer, account, at, day: day.clone() };
                let receipt_no = tx.take_receipt_no(&day)?;
                let put = in_state(SaleState::Verified, AMOUNT_MINOR, &occasion, &receipt_no);
                tx.put_sale(CASHIER, &put.sale)?;
                put.deduction.map_or(Ok(()), |deduction| tx.put_deduction(CASHIER, &deduction))?;
            }
            Ok(())
        };
        shop.store.write(sell).await?;
    }
    Ok(())
}

fn mandate(tx: &mut Tx, n: usize) -> Result<()> {
    let payer = tx.payer(payer_id(n))?;
    let account =
        BankAccount { holder: format!("Payer {n}"), iban: "DE89370400440532013000".into(), bic: None };
    let signed_on = date(2026, 1, 2);
    let id = payer.mandate;
    let unused = Mandate {
        id,
        payer: payer.id,
        signed_on,
        account,
        notice_days: 1,
        first: None,
        used_on: None,
        blocked: None,
    };
    tx.put_mandate(&unused)
}

fn sale_id(n: usize) -> SaleId {
    SaleId(ulid::Ulid::from_parts(1_700_000_000_000 + n as u64, n as u128))
}

async fn make_batches(shop: &Arc<Shop>, folder: &Path) -> anyhow::Result<Vec<BatchId>> {
    let mut made = Vec::new();
    loop {
        let (id, rail, currency): (BatchId, _, _) = (shop.new_id()?, shop.voice.rail.clone(), shop.currency);
        let batch = shop.store.write(move |tx| settling::submit(tx, &*rail, id, CASHIER, currency)).await?;
        if batch.is_none() {
            return Ok(made);
        }
        let (here, path) = (shop.clone(), folder.join(format!("{id}.xml")));
        let write = move |view: &View| {
            let bank = here.bank.as_ref().ok_or_else(crate::config::bank::no_bank)?;
            let out = BufWriter::new(File::create(path).map_err(disk)?);
            content(view, bank, &view.filed(id)?, here.currency, "HUIMIN SHOPS", out).map(drop)
        };
        shop.store.read(write).await?;
        made.push(id);
    }
}

/// What the bank answers: a status report of the refused, a notification of the paid.
fn speak(view: &View, shop: &Shop, batches: &[BatchId], statement: &Path, refused: &Path) -> Result<()> {
    let mut paid = BufWriter::new(File::create(statement).map_err(disk)?);
    let mut not_paid = BufWriter::new(File::create(refused).map_err(disk)?);
    let iban = shop.bank.as_ref().map(|bank| bank.creditor.iban.clone()).unwrap_or_default();
    let code = shop.currency.code();
    write!(
        paid,
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.02\"><BkToCstmrDbtCdtNtfctn>\
         <GrpHdr><MsgId>NT-1</MsgId><CreDtTm>2026-12-05T08:00:00</CreDtTm></GrpHdr><Ntfctn><Id>NT-1</Id>\
         <CreDtTm>2026-12-05T08:00:00</CreDtTm><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>"
    )
    .map_err(disk)?;
    write!(
        not_paid,
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>\
         <GrpHdr><MsgId>ST-1</MsgId><CreDtTm>2026-12-05T08:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts>\
         <OrgnlMsgId>{}</OrgnlMsgId><OrgnlMsgNmId>pain.008.001.08</OrgnlMsgNmId><GrpSts>PART</GrpSts>\
         </OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>all</OrgnlPmtInfId>",
        batches.first().map(ToString::to_string).unwrap_or_default()
    )
    .map_err(disk)?;
    for batch in batches {
        for sale in view.batch(*batch)?.sales {
            let deduction = view.deduction(sale)?;
            let id =
                deduction.presentment().map(|presentment| presentment.id.to_string()).unwrap_or_default();
            if is_refused(sale) {
                write!(
                    not_paid,
                    "<TxInfAndSts><OrgnlInstrId>{id}</OrgnlInstrId><OrgnlEndToEndId>{sale}</OrgnlEndToEndId>\
                     <TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf></TxInfAndSts>"
                )
                .map_err(disk)?;
            } else {
                write!(
                    paid,
                    "<Ntry><Amt Ccy=\"{code}\">12.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt>\
                     <Dt>2026-12-05</Dt></BookgDt><BkTxCd/><NtryDtls><TxDtls><Refs><InstrId>{id}</InstrId>\
                     <EndToEndId>{sale}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
                )
                .map_err(disk)?;
            }
        }
    }
    write!(paid, "</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>").map_err(disk)?;
    write!(not_paid, "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>").map_err(disk)?;
    paid.flush().and_then(|()| not_paid.flush()).map_err(disk)
}

fn is_refused(sale: SaleId) -> bool {
    sale.0.random().is_multiple_of(REFUSED_EVERY as u128)
}

async fn take_in(shop: &Arc<Shop>, path: &Path) -> anyhow::Result<()> {
    let mut spool = Spool::begin(shop)?;
    let (mut file, mut piece) = (File::open(path)?, vec![0; PIECE_BYTES]);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        spool.add(&piece[..read])?;
    }
    import(shop, spool.finish()?, CASHIER.to_owned()).await?;
    Ok(())
}

fn disagreements(view: &View, count: usize) -> Result<u64> {
    let mut wrong = u64::try_from(view.open_exceptions(usize::MAX)?).unwrap_or(u64::MAX);
    let mut settled = 0_i64;
    for n in 0..count {
        let deduction = view.deduction(sale_id(n))?;
        let fits = match deduction.state {
            State::Settled => !is_refused(deduction.sale),
            State::Returned(_) => is_refused(deduction.sale),
            _ => false,
        };
        settled += if deduction.step() == Step::Settled { AMOUNT_MINOR } else { 0 };
        wrong += u64::from(!fits);
    }
    let sums = view.bank_sums()?;
    wrong += u64::from(sums.at_bank_minor() != settled) + u64::from(sums.in_flight_minor() != 0);
    let unfinished =
        |filed: &crate::collection::filed::Filed| filed.open > 0 || filed.state == FileState::Refused;
    let files = view.newest_filed(usize::MAX)?;
    wrong += files.iter().filter(|filed| unfinished(filed)).count() as u64;
    Ok(wrong)
}

fn peak_mb() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: f64 = line.and_then(|line| line.split_whitespace().next()).unwrap_or("0").parse()?;
    Ok(kib / 1024.0)
}

fn disk(error: std::io::Error) -> Refusal {
    Refusal::internal(format!("the bench cannot write: {error}"))
}

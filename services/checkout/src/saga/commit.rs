//! COMMITTED: the sale's amount is reserved in the ledger, and only then does it get its receipt number (I1).

use std::sync::Arc;

use chit_proto::ledger::v1::{CreateTransferRequest, CreateTransferResponse, Transfer, TransferKind};
use chit_proto::money::v1::Money;

use super::{Fault, stuck};
use crate::config::Dispatch;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::proof::{ReceiptCode, SaleNumber};
use crate::domain::refusal::Refusal;
use crate::domain::sale::{Sale, SaleState};
use crate::shop::Shop;
use crate::store::{Rows, Tx};

/// The chance that all are taken is below 10⁻²⁰ with a hundred open sales.
const NAMES_DRAWN: usize = 8;

pub async fn in_ledger(shop: &Arc<Shop>, row: u64, sale_id: &str) -> Result<(), Fault> {
    let sale = shop.sale(sale_id).await?;
    if sale.state() != SaleState::PayerOk {
        return Ok(shop.store.write(move |tx| stuck::done(tx, row)).await?);
    }
    let request =
        CreateTransferRequest { transfer: Some(pending(shop, &sale).await?), actor: sale.cashier.clone() };
    match crate::far!(shop.ledger.create_transfer(request)).await.map_err(Fault::from) {
        Ok(answer) => committed(shop, row, sale_id, answer).await,
        Err(Fault::Refused { reason, .. }) => refused(shop, row, sale_id, reason).await,
        Err(fault) => Err(fault),
    }
}

async fn pending(shop: &Shop, sale: &Sale) -> Result<Transfer, Fault> {
    let payer_id = sale.payer_id.clone();
    let payer = shop.store.read(move |rows| rows.payer(&payer_id)).await?;
    Ok(Transfer {
        transfer_id: sale.pending_transfer().to_owned(),
        kind: TransferKind::Pending as i32,
        debit_account_id: payer.account_id,
        credit_account_id: shop.house.sales.clone(),
        amount: Some(Money { amount_minor: sale.total_minor, currency_code: sale.currency_code.clone() }),
        external_ref: sale.sale_id.clone(),
        ..Transfer::default()
    })
}

async fn committed(
    shop: &Arc<Shop>,
    row: u64,
    sale_id: &str,
    answer: CreateTransferResponse,
) -> Result<(), Fault> {
    let CreateTransferResponse { transfer, head, .. } = answer;
    let (seq, head) = (transfer.unwrap_or_default().journal_seq, head.unwrap_or_default());
    let sale_id = sale_id.to_owned();
    let day = shop.local_day();
    let (names, dispatch) = (Names::draw(shop)?, shop.cfg.dispatch);
    let (recording_id, job_id, resolve_id) = (shop.new_ulid()?, shop.new_ulid()?, shop.new_ulid()?);
    let goods = shop.goods_of(&shop.sale(&sale_id).await?);
    shop.store
        .write(move |tx| {
            let mut sale = tx.sale(&sale_id)?;
            if sale.state() == SaleState::PayerOk {
                sale.advance(SaleState::Committed)?;
                sale.receipt_no = tx.take_receipt_no(&day, &sale_id)?;
                sale.commit_ms = tx.now_ms;
                sale.dispatch_released = dispatch == Dispatch::Auto;
                sale.committing = false;
                sale.ledger_seq = seq;
                (sale.ledger_tree_size, sale.ledger_root) = (head.seq, head.root);
                sale.resolve_transfer_id = resolve_id;
                sale.receipt.job_id = job_id;
                (sale.receipt.lookup_code, sale.short_no) = names.free(tx, &sale)?;
                sale.evidence.recording_id = recording_id;
                sale.evidence.goods_sha256 = goods.sha256.to_vec();
                tx.index_lookup_code(&sale.receipt.lookup_code, &sale_id)?;
                tx.put_sale(&sale.cashier, &sale)?;
                tx.push(&Effect::new(EffectKind::HoldRecording, &sale_id))?;
                tx.push(&Effect::new(EffectKind::PrintReceipt, &sale_id))?;
            }
            stuck::done(tx, row)
        })
        .await?;
    Ok(())
}

/// Candidates for the names that persons use; a taken one is passed over.
struct Names {
    lookup_codes: [[u8; 5]; NAMES_DRAWN],
    sale_numbers: [u32; NAMES_DRAWN],
}

impl Names {
    fn draw(shop: &Shop) -> Result<Self, Fault> {
        let mut names = Self { lookup_codes: [[0; 5]; NAMES_DRAWN], sale_numbers: [0; NAMES_DRAWN] };
        for at in 0..NAMES_DRAWN {
            names.lookup_codes[at] = shop.random()?;
            names.sale_numbers[at] = u32::from_be_bytes(shop.random()?);
        }
        Ok(names)
    }

    /// A look-up code that no sale has, and a sale number that no open sale of this payer has.
    fn free(&self, tx: &Tx, sale: &Sale) -> crate::domain::refusal::Result<(String, String)> {
        let sales = tx.open_sales()?;
        let taken = |number: &String| {
            sales.iter().any(|other| other.payer_id == sale.payer_id && other.short_no == *number)
        };
        let mut numbers = self.sale_numbers.iter().map(|random| SaleNumber::from_random(*random).to_string());
        let number = numbers.find(|number| !taken(number));
        for random in self.lookup_codes {
            let code = ReceiptCode::from_random(random).to_string();
            if let (false, Some(number)) = (tx.has_lookup_code(&code)?, &number) {
                return Ok((code, number.clone()));
            }
        }
        Err(Refusal::internal(
            "no free name was drawn for the sale; the random numbers of this machine repeat",
        ))
    }
}

async fn refused(shop: &Arc<Shop>, row: u64, sale_id: &str, reason: String) -> Result<(), Fault> {
    let (sale_id, next_id) = (sale_id.to_owned(), shop.new_ulid()?);
    shop.store
        .write(move |tx| {
            let mut sale = tx.sale(&sale_id)?;
            // An id that failed stays failed in the ledger, so another attempt needs another one.
            sale.pending_transfer_id = next_id;
            sale.committing = false;
            sale.commit_refusal = reason;
            tx.put_sale("system", &sale)?;
            stuck::done(tx, row)
        })
        .await?;
    Ok(())
}

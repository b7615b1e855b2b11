//! The store of a whole town, written in bulk: what a year of sales leaves behind, in minutes. Every record goes through
//! the steps' own `put_…`, so that indexes, sums, due times and history are those of a shop that lived through it.

mod past;
pub mod put;
#[cfg(feature = "bulk")]
pub mod settle;

use std::sync::Arc;

use chit_runtime::Context;
use jiff::Timestamp;

use crate::config::Config;
use crate::context::Shop;
use crate::payer::code_card::CardSerial;
use crate::payer::enrolment::{self, FIRST_SERIAL, Fresh, NewPayer};
use crate::payer::record::{IssuedCode, Papers};
use crate::payer::{Payer, PayerState};
use crate::store::Tx;
use crate::values::ids::{AccountId, JobId, MandateId, PayerId};
use crate::values::phone::PhoneE164;
use crate::values::refusal::{Refusal, Result};
use crate::values::sms_text::Language;
use past::Past;
use put::CASHIER;

/// Records in one transaction.
const AT_A_TIME: usize = 500;
/// As large as the photo of an enrolment.
const PHOTO: [u8; 16_000] = [0x5a; 16_000];

/// How large it is.
#[derive(Clone, Copy)]
pub struct Town {
    pub payers: usize,
    /// Deductions that wait to be asked for, one a payer: those of the newest sales.
    pub open: usize,
    /// With those that are open; all others are settled.
    pub sales: usize,
}

pub async fn write_town(ctx: Context, cfg: Config, town: Town) -> anyhow::Result<()> {
    anyhow::ensure!(
        town.open <= town.payers.min(town.sales),
        "one open deduction a payer, and no more than sales"
    );
    let shop = Shop::open(&ctx, cfg).await?;
    let now = shop.clock.now();
    for first in (0..town.payers).step_by(AT_A_TIME) {
        let (shop, here) = (shop.clone(), first..(first + AT_A_TIME).min(town.payers));
        let store = shop.store.clone();
        store.write(move |tx| here.clone().try_for_each(|n| enrol(tx, &shop, n, now))).await?;
    }
    let mut past = Past::of(&shop, town, now);
    for first in (0..town.sales).step_by(AT_A_TIME) {
        let here = first..(first + AT_A_TIME).min(town.sales);
        past = shop.store.write(move |tx| past.sell_all(tx, here)).await?;
    }
    shop.store.write(move |tx| past.close_day(tx)).await?;
    Ok(())
}

/// The nth payer. Their ids are spread like random ones.
fn payer_id(n: usize) -> PayerId {
    PayerId((n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes())
}

fn phone(n: usize) -> Result<PhoneE164> {
    PhoneE164::new(&format!("+86139{n:08}"))
        .map_err(|_number| Refusal::internal("more payers than there are numbers for"))
}

fn enrol(tx: &mut Tx, shop: &Arc<Shop>, n: usize, now: Timestamp) -> Result<()> {
    let fresh = Fresh {
        id: payer_id(n),
        card: CardSerial::from_random(shop.random_u64()?),
        mandate: shop.new_id::<MandateId>()?,
        mandate_job: shop.new_id::<JobId>()?,
        card_job: shop.new_id::<JobId>()?,
        account: shop.new_id::<AccountId>()?,
    };
    let code = IssuedCode {
        serial: FIRST_SERIAL,
        valid_to: shop.voice.quiet.local_day(now),
        png_path: shop.codes_dir.join(format!("{}-{FIRST_SERIAL}.png", fresh.id)).display().to_string(),
    };
    let new = NewPayer {
        name: format!("Payer {n}"),
        phone: phone(n)?,
        language: Language::English,
        enrolled_by: CASHIER.into(),
    };
    let enrolled = enrolment::payer(new, &fresh, code, None, now);
    let payer = Payer { state: PayerState::Active, papers: Papers::Done, ..enrolled };
    tx.put_photo(payer.id, &PHOTO)?;
    tx.put_payer("bulk", &payer)
}

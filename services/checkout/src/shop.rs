//! What every part of checkout works with: state, far sides, keys, clock.

use std::sync::Arc;

use chit_runtime::{Clock, Context, Shutdown};
use jiff::tz::TimeZone;
use tokio::sync::{Notify, watch};
use ulid::Ulid;

use crate::config::Config;
use crate::dialogue::answers::Voice;
use crate::domain::quiet_hours::QuietHours;
use crate::domain::refusal::{Refusal, Result};
use crate::domain::sale::Sale;
use crate::goods::{self, Goods};
use crate::keys::{House, Keys};
use crate::saga::far::Far;
use crate::staff::Staff;
use crate::store::{Rows, Store};

pub struct Shop {
    pub cfg: Config,
    pub store: Store,
    pub far: Far,
    pub keys: Keys,
    pub house: House,
    pub staff: Staff,
    pub clock: Clock,
    pub quiet: QuietHours,
    pub sandbox: bool,
    pub codes_dir: std::path::PathBuf,
    /// Wakes the scheduler before its next tick.
    pub wake: Notify,
    /// True while the modem can send and receive.
    pub modem_ready: watch::Sender<bool>,
    pub shutdown: Shutdown,
}

impl Shop {
    pub fn open(ctx: &Context, cfg: Config) -> anyhow::Result<Arc<Self>> {
        let state = ctx.shared.state_of("checkout");
        let zone = TimeZone::get(&ctx.shared.time_zone)?;
        let codes_dir = state.join("payer-codes");
        std::fs::create_dir_all(&codes_dir)?;
        let store = Store::open(&state.join("checkout.redb"), ctx.clock.clone())?;
        Ok(Arc::new(Self {
            far: Far::new(&ctx.shared),
            keys: Keys::load(&ctx.shared)?,
            house: House::load(&ctx.shared, &cfg.currency_code)?,
            staff: Staff::load(&ctx.shared, store.clone())?,
            store,
            clock: ctx.clock.clone(),
            quiet: QuietHours::usual(zone),
            sandbox: ctx.shared.sandbox,
            codes_dir,
            wake: Notify::new(),
            modem_ready: watch::Sender::new(false),
            shutdown: ctx.shutdown.clone(),
            cfg,
        }))
    }

    pub async fn sale(&self, sale_id: &str) -> Result<Sale> {
        let id = sale_id.to_owned();
        self.store.read(move |rows| rows.sale(&id)).await
    }

    pub fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// The local day as it stands in receipt numbers: "20261124".
    pub fn local_day(&self) -> String {
        self.quiet.local_day(self.clock.now()).strftime("%Y%m%d").to_string()
    }

    pub fn goods_of(&self, sale: &Sale) -> Goods {
        goods::of(sale)
    }

    pub fn voice(&self) -> Voice {
        Voice {
            shop_zh: self.cfg.shop_name.clone(),
            shop_en: self.shop_name(false).to_owned(),
            quiet: self.quiet.clone(),
        }
    }

    pub fn shop_name(&self, chinese: bool) -> &str {
        if chinese || self.cfg.shop_name_en.is_empty() { &self.cfg.shop_name } else { &self.cfg.shop_name_en }
    }

    pub fn random<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes)
            .map_err(|error| Refusal::internal(format!("the system gives no random numbers: {error}")))?;
        Ok(bytes)
    }

    pub fn random_u64(&self) -> Result<u64> {
        Ok(u64::from_be_bytes(self.random()?))
    }

    /// A new id with the business time in front, so that ids sort by time.
    pub fn new_ulid(&self) -> Result<String> {
        let random = u128::from_be_bytes(self.random()?);
        let ms = u64::try_from(self.now_ms()).unwrap_or_default();
        Ok(Ulid::from_parts(ms, random).to_string())
    }
}

//! What the outer parts of checkout work with: settings, state, peers, keys, clock. Rules and steps get what they need as
//! arguments.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use chit_payer_code::DayNumber;
use chit_runtime::{Clock, Context, Section, Shared, Shutdown, peer};
use iso_currency::Currency;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use tokio::sync::{Notify, watch};
use ulid::Ulid;

use crate::collection::house::{DUE_DAYS_MAX, Terms};
use crate::collection::{self, Rail};
use crate::config::bank::{Bank, RailName};
use crate::config::{Config, Dispatch};
use crate::issuer::IssuerEnd;
use crate::keys::{House, Keys, PAYER_CODE_KEY_ID, card_master};
use crate::migration;
use crate::peers::Peers;
use crate::risk::{Limits, Moment, SANDBOX_REFUSED_ENDING};
use crate::sale::goods::CatalogueItem;
use crate::sale::{Rules, goods};
use crate::staff::approval::{Act, Hands};
use crate::staff::origin::Origin;
use crate::staff::{ApprovalInput, Asked, Grant, JointGrant, Staff};
use crate::store::Store;
use crate::texts::Voice;
use crate::values::calendar::QuietHours;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, RefusalKind, Result};
use crate::verification::verifier::{Issuer, Local};
use crate::verification::{PayerVerifier, restored};

pub struct Shop {
    pub cfg: Config,
    pub catalogue: Vec<CatalogueItem>,
    pub currency: Currency,
    pub store: Store,
    pub peers: Peers,
    pub keys: Keys,
    pub verifier: Arc<dyn PayerVerifier>,
    /// Who judges replies, if not this shop.
    pub issuer: Option<IssuerEnd>,
    pub house: House,
    pub staff: Staff,
    pub clock: Clock,
    pub voice: Voice,
    /// The shop's account at a bank, if it has one.
    pub bank: Option<Bank>,
    /// Where a file from the bank lies while it is read.
    pub bank_in_dir: std::path::PathBuf,
    /// One file at a time is imported.
    pub imports: tokio::sync::Mutex<()>,
    pub sandbox: bool,
    /// Checkout's own user.
    pub own_uid: u32,
    /// Where pictures of payer codes are kept.
    pub codes_dir: std::path::PathBuf,
    pub signals: Signals,
    pub shutdown: Shutdown,
}

/// What one part of the process tells another.
pub struct Signals {
    /// Wakes the schedule before its next look.
    pub wake: Notify,
    /// True while the modem can send and receive.
    pub modem_ready: watch::Sender<bool>,
    /// True while nobody has confirmed what the clock says.
    pub time_in_doubt: watch::Sender<bool>,
}

impl Section for Config {
    fn check(&self, _: &Shared) -> anyhow::Result<()> {
        goods::currency(&self.currency_code)?;
        goods::check_catalogue(&self.catalogue())?;
        let language = ["zh-CN", "en"].contains(&self.receipt_language.as_str());
        anyhow::ensure!(
            language,
            "receipt_language: use \"zh-CN\" or \"en\", not {:?}",
            self.receipt_language
        );
        chit_msisdn::Country::from_iso(&self.country)
            .with_context(|| format!("country {:?}", self.country))?;
        IssuerEnd::of(self)?;
        anyhow::ensure!(
            (1..=DUE_DAYS_MAX).contains(&self.house_due_days),
            "house_due_days: give 1 to {DUE_DAYS_MAX} days; credit of a shop's own is due within {DUE_DAYS_MAX}"
        );
        Ok(())
    }
}

impl Shop {
    /// On what terms sales are charged to their payers' accounts.
    pub fn house_terms(&self) -> Terms {
        Terms { quiet: self.voice.quiet.clone(), due_days: self.cfg.house_due_days }
    }

    pub async fn open(ctx: &Context, cfg: Config) -> anyhow::Result<Arc<Self>> {
        let currency = goods::currency(&cfg.currency_code)?;
        let catalogue = cfg.catalogue();
        goods::check_catalogue(&catalogue)?;
        let state = ctx.shared.state_of("checkout");
        let zone = TimeZone::get(&ctx.shared.time_zone)?;
        let (bank, rail) = rail(&cfg, &zone)?;
        let codes_dir = state.join("payer-codes");
        std::fs::create_dir_all(&codes_dir)?;
        let keys = Keys::load(&ctx.shared)?;
        let facts = migration::Facts {
            bad_record_kept: cfg.bad_record_kept(),
            lane: cfg.till.clone(),
            asks_by_itself: cfg.dispatch == Dispatch::Auto,
        };
        let (path, credential, clock) = (state.join("checkout.redb"), keys.data.clone(), ctx.clock.clone());
        // An import may take minutes.
        let store =
            tokio::task::spawn_blocking(move || migration::open(&path, &credential, clock, &facts)).await??;
        keys.data.note(&state).context("cannot note which key opens the store")?;
        let issuer = IssuerEnd::of(&cfg)?;
        let verifier: Arc<dyn PayerVerifier> = match &issuer {
            Some(issuer) => Arc::new(Issuer::new(issuer.shop.clone())),
            None => Arc::new(Local::new(card_master(&ctx.shared)?)),
        };
        skip_rows_after_a_restore(&state, &store, verifier.clone()).await?;
        Ok(Arc::new(Self {
            peers: Peers::new(&ctx.shared),
            house: House::load(&ctx.shared, &cfg.currency_code)?,
            staff: Staff::load(ctx.shared.key("staff.toml")?, store.clone(), cfg.one_person).await?,
            voice: Voice {
                shop_zh: cfg.shop_name.clone(),
                shop_en: cfg.shop_name(false).to_owned(),
                quiet: QuietHours::usual(zone),
                rail,
            },
            bank,
            bank_in_dir: state.join("bank-in"),
            imports: tokio::sync::Mutex::new(()),
            catalogue,
            currency,
            store,
            keys,
            verifier,
            issuer,
            clock: ctx.clock.clone(),
            sandbox: ctx.shared.sandbox,
            own_uid: peer::own_uid(),
            codes_dir,
            signals: Signals {
                wake: Notify::new(),
                modem_ready: watch::Sender::new(false),
                time_in_doubt: watch::Sender::new(false),
            },
            shutdown: ctx.shutdown.clone(),
            cfg,
        }))
    }

    /// The local day as it stands in receipt numbers: "20261124".
    pub fn local_day(&self) -> String {
        self.voice.quiet.local_day(self.clock.now()).strftime("%Y%m%d").to_string()
    }

    pub fn moment(&self) -> Result<Moment> {
        let now = self.clock.now();
        let today = DayNumber::of(self.voice.quiet.local_day(now)).ok_or_else(|| {
            let message = "the clock of this machine is outside 2020-2199; set it";
            Refusal::new(RefusalKind::WrongState, Reason::CLOCK_UNUSABLE, message)
        })?;
        Ok(Moment { now, today, in_doubt: *self.signals.time_in_doubt.borrow() })
    }

    pub fn rules(&self) -> Rules {
        let cfg = &self.cfg.limits;
        let limits = Limits {
            sale_minor: cfg.sale_minor,
            payer_minor: cfg.payer_minor,
            payer_sales: cfg.payer_unverified_sales,
            payer_day_minor: cfg.payer_day_minor,
            till_minor: cfg.till_minor,
            refused_ending: self.sandbox.then_some(SANDBOX_REFUSED_ENDING),
            oldest: SignedDuration::from_hours(24 * i64::from(cfg.oldest_unverified_days)),
            ..Limits::default()
        };
        Rules { limits, codes: self.cfg.risk.codes(), zone: self.voice.quiet.zone.clone() }
    }

    /// Whose payer codes this till accepts.
    pub fn issuer_key(&self) -> crate::sale::IssuerKey {
        let key = self.keys.payer_code.verifying_key();
        crate::sale::IssuerKey { issuer: self.cfg.issuer, key_id: PAYER_CODE_KEY_ID, key }
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
    pub fn new_id<T: From<[u8; 16]>>(&self) -> Result<T> {
        let random = u128::from_be_bytes(self.random()?);
        let ms = u64::try_from(self.clock.now().as_millisecond()).unwrap_or_default();
        Ok(Ulid::from_parts(ms, random).to_bytes().into())
    }

    /// Checks an approval away from the async threads: argon2id is slow on purpose.
    pub async fn approve(
        self: &Arc<Self>,
        origin: Origin,
        input: Option<ApprovalInput>,
        act: Act,
        hands: Hands,
    ) -> Result<Grant> {
        let shop = self.clone();
        tokio::task::spawn_blocking(move || {
            let asked = Asked { act, hands: &hands, origin: &origin, now: shop.clock.now() };
            shop.staff.approve(input.as_ref(), &asked)
        })
        .await
        .map_err(unchecked)?
    }

    /// The same of two people.
    pub async fn approve_two(
        self: &Arc<Self>,
        origin: Origin,
        first: Option<ApprovalInput>,
        second: Option<ApprovalInput>,
        act: Act,
    ) -> Result<JointGrant> {
        let shop = self.clone();
        tokio::task::spawn_blocking(move || {
            let asked = Asked { act, hands: &Hands::NONE, origin: &origin, now: shop.clock.now() };
            shop.staff.approve_two(first.as_ref(), second.as_ref(), &asked)
        })
        .await
        .map_err(unchecked)?
    }
}

fn rail(cfg: &Config, zone: &TimeZone) -> anyhow::Result<(Option<Bank>, Arc<dyn Rail>)> {
    let bank = cfg.bank.bank()?;
    let rail: Arc<dyn Rail> = match cfg.rail {
        RailName::House => Arc::new(collection::rail::House),
        RailName::BankFile => {
            anyhow::ensure!(
                bank.is_some(),
                "[checkout] rail = \"bank_file\" needs creditor_id in [checkout.bank]"
            );
            Arc::new(cfg.bank.rail(zone.clone())?)
        }
    };
    Ok((bank, rail))
}

/// What `chit restore` leaves beside the store: the time of the backup.
const RESTORED: &str = "restored";

async fn skip_rows_after_a_restore(
    state: &Path,
    store: &Store,
    verifier: Arc<dyn PayerVerifier>,
) -> anyhow::Result<()> {
    let note = state.join(RESTORED);
    let text = match std::fs::read_to_string(&note) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| note.display().to_string()),
    };
    let taken_at: jiff::Timestamp =
        text.trim().parse().with_context(|| format!("{} holds no time", note.display()))?;
    let cards = store.write(move |tx| restored::skip_rows(tx, &*verifier, taken_at)).await?;
    tracing::info!(cards, %taken_at, "restored from a backup: code cards skip the rows that may have been asked since");
    std::fs::remove_file(&note).with_context(|| note.display().to_string())
}

fn unchecked(join: tokio::task::JoinError) -> Refusal {
    Refusal::internal(format!("the approval was not checked: {join}"))
}

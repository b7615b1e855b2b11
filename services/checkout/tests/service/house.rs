//! Checkout over its socket, stopped and started again on the same state.

use std::path::Path;
use std::time::Duration;

use chit_checkout::Config;
use chit_payer_code::{DayNumber, PayerCode, SealedPhone};
use chit_pin::hash_pin;
use chit_proto::checkout::v1 as proto;
use chit_runtime::Channel;
use chit_runtime::session::Token;
use chit_runtime::{Context, channel};
use ed25519_dalek::SigningKey;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use proto::bank_service_client::BankServiceClient;
use proto::deduction_service_client::DeductionServiceClient;
use proto::dispute_service_client::DisputeServiceClient;
use proto::event_service_client::EventServiceClient;
use proto::house_account_service_client::HouseAccountServiceClient;
use proto::payer_service_client::PayerServiceClient;
use proto::sale_service_client::SaleServiceClient;
use proto::settlement_service_client::SettlementServiceClient;
use proto::staff_service_client::StaffServiceClient;
use tokio::task::JoinHandle;

use crate::world::World;

pub const PATIENCE: Duration = Duration::from_secs(30);
pub const PIN: &str = "730514";
pub const PHONE: &str = "+8613800005678";
pub const PAYER_CODE_KEY: [u8; 32] = [2; 32];
pub const TILL_KEY: [u8; 32] = [4; 32];

pub struct House {
    pub dir: tempfile::TempDir,
    pub world: World,
    ctx: Context,
    running: Option<JoinHandle<anyhow::Result<()>>>,
    /// The cashier's and the supervisor's, each with their session.
    cashier: Channel,
    supervisor: Channel,
    restarts: bool,
    sandbox: bool,
    cfg: Config,
    requests: std::cell::Cell<u32>,
}

impl House {
    /// `restarts`: checkout is stopped and started again after every step.
    pub async fn open(restarts: bool) -> Self {
        Self::open_with(restarts, |_, _| Config::default()).await
    }

    /// A real shop, whose clock the test moves all the same.
    pub async fn open_real() -> Self {
        Self::open_as(false, false, |_, _| Config::default()).await
    }

    /// `configure` knows the far sides, and the folder of the keys.
    pub async fn open_with(restarts: bool, configure: impl FnOnce(&World, &Path) -> Config) -> Self {
        Self::open_as(true, restarts, configure).await
    }

    async fn open_as(sandbox: bool, restarts: bool, configure: impl FnOnce(&World, &Path) -> Config) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ctx = Context::sandbox_in("checkout", dir.path());
        write_keys(&ctx.shared.keys_dir);
        ctx.shared.state_of("checkout");
        ctx.clock.advance(until_the_beginning(ctx.clock.now())).unwrap();
        let world = World::serve(&ctx.shared.run_dir);
        let checkout = channel(&ctx.shared, "checkout");
        let cfg = configure(&world, &ctx.shared.keys_dir);
        let mut house = Self {
            dir,
            world,
            ctx,
            running: None,
            cashier: checkout.clone(),
            supervisor: checkout,
            restarts,
            sandbox,
            cfg,
            requests: std::cell::Cell::new(0),
        };
        house.start().await;
        house.cashier = house.signed_in("li").await;
        house.supervisor = house.signed_in("wang").await;
        house
    }

    /// With nobody signed in.
    pub fn nobody(&self) -> Channel {
        channel(&self.ctx.shared, "checkout")
    }

    pub async fn signed_in(&self, name: &str) -> Channel {
        let request = proto::SignInRequest { actor: name.into(), pin: PIN.into(), ..Default::default() };
        let answer = StaffServiceClient::new(self.nobody()).sign_in(request).await.unwrap().into_inner();
        self.nobody().with_session(Token::new(&answer.session_token).unwrap())
    }

    /// Whoever stands at the till from now on.
    pub async fn cashier_is(&mut self, name: &str) {
        self.cashier = self.signed_in(name).await;
    }

    async fn start(&mut self) {
        let served = async { while !self.started().await {} };
        tokio::time::timeout(PATIENCE, served).await.expect("checkout serves");
    }

    /// False if the state is still held by calls of the run before: a real one would have died with its process.
    async fn started(&mut self) -> bool {
        let mut ctx = Context::sandbox_in("checkout", self.dir.path());
        std::sync::Arc::make_mut(&mut ctx.shared).sandbox = self.sandbox;
        self.ctx = ctx.clone();
        let running = tokio::spawn(chit_checkout::run(ctx, self.cfg.clone()));
        let socket = self.ctx.shared.socket_of("checkout");
        while tokio::net::UnixStream::connect(&socket).await.is_err() {
            if running.is_finished() {
                let error = running.await.unwrap().unwrap_err();
                assert!(format!("{error:#}").contains("already open"), "{error:#}");
                return false;
            }
            tokio::task::yield_now().await;
        }
        self.running = Some(running);
        true
    }

    /// Between two steps of a sale.
    pub async fn step(&mut self) {
        if self.restarts {
            self.restart().await;
        }
    }

    pub async fn restart(&mut self) {
        self.ctx.shutdown.trigger();
        self.running.take().unwrap().await.unwrap().unwrap();
        self.start().await;
    }

    /// The shop's owner writes other settings meanwhile.
    pub async fn restart_with(&mut self, change: impl FnOnce(&mut Config)) {
        change(&mut self.cfg);
        self.restart().await;
    }

    pub async fn stop(mut self) -> tempfile::TempDir {
        self.ctx.shutdown.trigger();
        self.running.take().unwrap().await.unwrap().unwrap();
        self.dir
    }

    pub fn new_id(&self) -> String {
        self.requests.set(self.requests.get() + 1);
        format!("r-{}", self.requests.get())
    }

    pub fn sales(&self) -> SaleServiceClient<Channel> {
        SaleServiceClient::new(self.cashier.clone())
    }

    pub fn payers(&self) -> PayerServiceClient<Channel> {
        PayerServiceClient::new(self.cashier.clone())
    }

    /// A supervisor's view, with the serials of cards.
    pub fn payers_supervised(&self) -> PayerServiceClient<Channel> {
        PayerServiceClient::new(self.supervisor.clone())
    }

    pub fn settlement(&self) -> SettlementServiceClient<Channel> {
        SettlementServiceClient::new(self.supervisor.clone())
    }

    pub fn bank(&self) -> BankServiceClient<Channel> {
        BankServiceClient::new(self.supervisor.clone())
    }

    /// Of the cashier, who takes money.
    pub fn accounts(&self) -> HouseAccountServiceClient<Channel> {
        HouseAccountServiceClient::new(self.cashier.clone())
    }

    pub fn disputes(&self) -> DisputeServiceClient<Channel> {
        DisputeServiceClient::new(self.cashier.clone())
    }

    pub fn deductions(&self) -> DeductionServiceClient<Channel> {
        DeductionServiceClient::new(self.cashier.clone())
    }

    /// Follows what happens to `subject_id` until `look` finds something. An event tells the state right after its change,
    /// and the resource as it is now.
    pub async fn until<T>(&self, subject_id: &str, look: impl Fn(proto::Event) -> Option<T>) -> T {
        let found = async {
            let request = proto::WatchEventsRequest {
                subject_id: subject_id.into(),
                ..proto::WatchEventsRequest::default()
            };
            let mut client = EventServiceClient::new(self.supervisor.clone());
            let mut events = client.watch_events(request).await.unwrap().into_inner();
            while let Some(event) = events.message().await.unwrap() {
                if let Some(found) = look(event.event.unwrap()) {
                    return found;
                }
            }
            panic!("the events ended");
        };
        tokio::time::timeout(PATIENCE, found).await.expect("it happens")
    }

    pub async fn sale_is(&self, sale_id: &str, state: proto::SaleState) -> proto::Sale {
        let became = |event: proto::Event| match event.resource {
            Some(proto::event::Resource::Sale(sale)) if event.state == state as i32 => Some(sale),
            _ => None,
        };
        self.until(sale_id, became).await
    }

    pub async fn sale_until(&self, sale_id: &str, wanted: impl Fn(&proto::Sale) -> bool) -> proto::Sale {
        let of_sale = |event: proto::Event| match event.resource {
            Some(proto::event::Resource::Sale(sale)) if wanted(&sale) => Some(sale),
            _ => None,
        };
        self.until(sale_id, of_sale).await
    }

    pub async fn payer_is(&self, payer_id: &str, state: proto::PayerState) -> proto::Payer {
        let became = |event: proto::Event| match event.resource {
            Some(proto::event::Resource::Payer(payer)) if event.state == state as i32 => Some(payer),
            _ => None,
        };
        self.until(payer_id, became).await
    }

    pub async fn payer_until(&self, payer_id: &str, wanted: impl Fn(&proto::Payer) -> bool) -> proto::Payer {
        let of_payer = |event: proto::Event| match event.resource {
            Some(proto::event::Resource::Payer(payer)) if wanted(&payer) => Some(payer),
            _ => None,
        };
        self.until(payer_id, of_payer).await
    }

    pub fn state_folder(&self) -> std::path::PathBuf {
        self.ctx.shared.state_of("checkout")
    }

    pub fn now(&self) -> Timestamp {
        self.ctx.clock.now()
    }

    pub fn advance_hours(&self, hours: i64) {
        self.ctx.clock.advance(SignedDuration::from_hours(hours)).unwrap();
    }

    /// What the payer's QR code says, as the till that enrolled them signs it.
    pub fn payer_code(&self, payer: &proto::Payer) -> Vec<u8> {
        signed(&self.code_of(payer), PAYER_CODE_KEY)
    }

    pub fn code_of(&self, payer: &proto::Payer) -> PayerCode {
        let today = TimeZone::get("Asia/Shanghai").unwrap().to_datetime(self.ctx.clock.now()).date();
        let today = DayNumber::of(today).unwrap();
        PayerCode {
            issuer: 1,
            key_id: 1,
            payer_id: chit_payer_code::PayerId(payer.payer_id.parse::<chit_checkout::PayerId>().unwrap().0),
            from_day: today,
            to_day: DayNumber(today.0 + 90),
            serial: u16::try_from(payer.code_serial).unwrap(),
            limit_class: 0,
            flags: 0,
            currency: iso_currency::Currency::CNY,
            consent_hash: [0; 4],
            sealed_phone: SealedPhone([0; 8]),
        }
    }
}

/// As it is shown.
pub fn signed(code: &PayerCode, key: [u8; 32]) -> Vec<u8> {
    code.sign(&SigningKey::from_bytes(&key)).as_str().as_bytes().to_vec()
}

/// The same on whatever day the tests run.
fn until_the_beginning(now: Timestamp) -> SignedDuration {
    let tuesday: Timestamp = "2035-01-09T10:00:00+08:00".parse().unwrap();
    tuesday.duration_since(now) + SignedDuration::from_secs(1)
}

fn write_keys(dir: &Path) {
    std::fs::create_dir_all(dir).unwrap();
    for (name, key) in [
        ("card-master", [1; 32]),
        ("payer-code", PAYER_CODE_KEY),
        ("payer-group", [3; 32]),
        ("till", TILL_KEY),
        ("checkout-data", [5; 32]),
    ] {
        std::fs::write(dir.join(format!("{name}.key")), key).unwrap();
    }
    let hash = hash_pin(PIN, &[9; 16]).unwrap();
    let staff = |name: &str, role: &str| {
        format!("[[staff]]\nname = \"{name}\"\nrole = \"{role}\"\npin_hash = \"{hash}\"\n")
    };
    std::fs::write(
        dir.join("staff.toml"),
        staff("li", "cashier") + &staff("wang", "supervisor") + &staff("zhao", "owner"),
    )
    .unwrap();
    let account = |n: u128| ulid::Ulid::from(n).to_string();
    let house = format!(
        "currency_code = \"CNY\"\nsales = \"{}\"\nrefunds = \"{}\"\nbad_debt = \"{}\"\ncash = \"{}\"\n",
        account(1),
        account(2),
        account(3),
        account(4)
    );
    std::fs::write(dir.join("house_accounts.toml"), house).unwrap();
}

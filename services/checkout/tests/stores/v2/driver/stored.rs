//! Fills one store with what the program of schema 2 leaves in it: a sale in every state, payers, disputes, batches, bad
//! records, and work that waits for other services. `../make` puts these files into a checkout of that program, beside
//! its own `tests/fixture.rs`: its code writes the store, and its code reads what `holds.json` says of it.

mod counter;
mod description;
#[path = "../../../tests/service/far.rs"]
mod far;
mod far_sides;
mod last_morning;
mod stories;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chit_runtime::{Channel, Server, channel};
use tokio::task::JoinHandle;

use super::*;
use far_sides::World;

/// 10:00 in the shop, a Monday, two years before the last morning: one bad record expires in between.
const BEGAN: &str = "2024-02-05T02:00:01Z";
const PATIENCE: Duration = Duration::from_secs(30);

/// What a sale is in the store for, and the request that opened it.
pub struct Story {
    sale_id: String,
    why: &'static str,
    request_id: String,
}

pub struct Scene {
    till: Till,
    ctx: Context,
    world: World,
    channel: Channel,
    /// The outbox is being worked off.
    saga: Option<JoinHandle<()>>,
    /// Phone numbers of the payers, who may be written to by name.
    phones: BTreeMap<String, String>,
    /// What each sale is in the store for, in the order of their making.
    sales: Vec<Story>,
    payers: Vec<(String, &'static str)>,
    requests: u32,
    /// Entries of the outbox that stay there.
    staying: HashSet<u64>,
}

impl Scene {
    async fn open(dir: &Path) -> Self {
        let ctx = Context::sandbox_in("checkout", dir);
        write_keys(&ctx.shared.keys_dir);
        ctx.shared.state_of("checkout");
        let began: Timestamp = BEGAN.parse().unwrap();
        let offset_s = began.as_second() - Timestamp::now().as_second();
        std::fs::write(ctx.shared.state_dir.join("clock-offset"), offset_s.to_string()).unwrap();
        let shop = Shop::open(&ctx, Config::default()).unwrap();
        let world = World::serve(&ctx.shared.run_dir);
        let server = Server::new(&ctx, chit_proto::FILE_DESCRIPTOR_SET);
        let server = crate::api::add_all(server, shop.clone());
        tokio::spawn(async move { server.run().await.unwrap() });
        modem::note(&shop, true).await.unwrap();
        let till = Till {
            dir: tempfile::tempdir().unwrap(),
            shop,
            payer_id: String::new(),
            seq: AtomicU64::new(0),
            revision: AtomicU64::new(0),
        };
        let channel = channel(&ctx.shared, "checkout");
        let mut scene = Self {
            till,
            ctx,
            world,
            channel,
            saga: None,
            phones: BTreeMap::new(),
            sales: Vec::new(),
            payers: Vec::new(),
            requests: 0,
            staying: HashSet::new(),
        };
        scene.work();
        scene
    }

    fn work(&mut self) {
        let shop = self.till.shop.clone();
        self.saga = Some(tokio::spawn(async move { crate::saga::run(shop).await.unwrap() }));
    }

    /// From now on whatever has to be done outside stays in the outbox.
    fn stop_working(&mut self) {
        self.saga.take().unwrap().abort();
    }

    /// Until nothing waits but what stays.
    async fn quiet(&self) {
        let staying = self.staying.clone();
        self.until(move |rows| {
            let idle = rows.outbox()?.iter().all(|(row, _)| staying.contains(row));
            Ok(idle.then_some(()))
        })
        .await;
    }

    /// What waits now does so until the end.
    async fn stays(&mut self) {
        self.staying = self.till.outbox().await.into_iter().map(|(row, _)| row).collect();
    }

    async fn until<T: Send + 'static>(
        &self,
        look: impl Fn(&crate::store::ReadTx) -> Result<Option<T>> + Clone + Send + 'static,
    ) -> T {
        let found = async {
            loop {
                let look = look.clone();
                if let Some(found) = self.till.shop.store.read(move |rows| look(rows)).await.unwrap() {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let Ok(found) = tokio::time::timeout(PATIENCE, found).await else {
            panic!("it does not come: {:?}", self.till.outbox().await);
        };
        found
    }

    /// What is due, twice: what a challenge asked for may be asked for anew in the same moment.
    async fn tick(&self) {
        for _ in 0..2 {
            self.till.tick().await;
            self.quiet().await;
        }
    }

    async fn next_day(&self) {
        self.till.advance(DAY_H);
        self.tick().await;
    }

    async fn writes(&self, payer_id: &str, text: &str) {
        let seq = self.till.seq.fetch_add(1, Ordering::Relaxed) + 1;
        inbox::hear(&self.till.shop, inbound(seq, &self.phones[payer_id], text)).await.unwrap();
        if self.saga.is_some() {
            self.quiet().await;
        }
    }

    async fn answers_right(&self, payer_id: &str) {
        let code = self.right_code(payer_id).await;
        self.writes(payer_id, &code).await;
    }

    async fn right_code(&self, payer_id: &str) -> String {
        let id = payer_id.to_owned();
        let (payer, challenge) = self
            .until(move |rows| {
                let payer = rows.payer(&id)?;
                let challenge = rows.challenge(&payer.open_challenge_id)?;
                Ok(Some((payer, challenge)))
            })
            .await;
        let key = card_key(&self.till.shop.keys.card_master, &payer).unwrap();
        key.row_code(Row::new(u8::try_from(challenge.row).unwrap()).unwrap()).reveal().to_owned()
    }

    /// The `n`th code that is in no row of the card.
    async fn answers_wrong(&mut self, payer_id: &str, n: usize) {
        self.till.payer_id = payer_id.to_owned();
        let code = self.till.wrong(n).await;
        self.writes(payer_id, &code).await;
    }

    async fn change_sale(&self, sale_id: &str, change: impl FnOnce(&mut Sale)) {
        self.till.change_sale(sale_id, change).await;
    }

    async fn change_payer(&mut self, payer_id: &str, change: impl FnOnce(&mut Payer)) {
        self.till.payer_id = payer_id.to_owned();
        self.till.change_payer(change).await;
    }

    async fn sale_is(&self, sale_id: &str, state: SaleState) {
        assert_eq!(self.till.sale(sale_id).await.state(), state, "{sale_id}");
    }

    async fn payer_state(&mut self, payer_id: &str) -> PayerState {
        self.till.payer_id = payer_id.to_owned();
        self.till.payer().await.state()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fill() {
    let dir = PathBuf::from(std::env::var_os("CHIT_STORE_DIR").expect("run tests/stores/v2/make"));
    let mut scene = Scene::open(&dir).await;
    scene.an_expired_record().await;
    scene.outcomes().await;
    scene.second_cohort().await;
    scene.last_morning().await;
    let left = scene.close(&dir);
    description::compact(&left.file);
    let holds = description::of(&left).await;
    std::fs::write(dir.join("holds.json"), description::one_line_a_record(&holds)).unwrap();
}

/// What remains when the process has ended.
pub struct Left {
    ctx: Context,
    file: PathBuf,
    sales: Vec<Story>,
    payers: Vec<(String, &'static str)>,
}

impl Scene {
    /// The file as a kill leaves it: a copy, for calls that are held still have the other one open.
    fn close(self, dir: &Path) -> Left {
        let file = dir.join("checkout.redb");
        std::fs::copy(self.ctx.shared.state_of("checkout").join("checkout.redb"), &file).unwrap();
        Left { ctx: self.ctx, file, sales: self.sales, payers: self.payers }
    }
}

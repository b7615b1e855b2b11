//! The issuer over its socket, asked by a shop that signs, and by some that do not.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod asking;
mod custody;
mod far_gateway;
mod witness;

use std::io::Write as _;
use std::iter;
use std::time::Duration;

use age::x25519::Recipient;
use chit_issuer::Config;
use chit_proto::issuer::v1 as proto;
use chit_runtime::error::reason_of;
use chit_runtime::{Channel, Context};
use chit_verdict::{Claim, Outcome, SaleClaim, Verdict, judge_request, rows_request};
use ed25519_dalek::{Signer as _, SigningKey};
use proto::issuer_service_client::IssuerServiceClient;
use tokio::task::JoinHandle;
use tonic::Status;

const PATIENCE: Duration = Duration::from_secs(20);
const SHOP: &str = "corner";

struct Issuer {
    dir: tempfile::TempDir,
    /// Of chit.toml, before its shops.
    settings: String,
    ctx: Context,
    running: JoinHandle<anyhow::Result<()>>,
    client: IssuerServiceClient<Channel>,
    shop: SigningKey,
    key: [u8; 32],
    recipient: Recipient,
    witness_key: String,
}

impl Issuer {
    async fn open() -> Self {
        Self::open_with(tempfile::tempdir().unwrap(), String::new()).await
    }

    async fn open_with(dir: tempfile::TempDir, settings: String) -> Self {
        let keys = dir.path().join("keys");
        std::fs::create_dir_all(&keys).unwrap();
        for (name, byte) in [
            ("issuer-master", 1),
            ("issuer-verdict", 2),
            ("issuer-seal", 3),
            ("issuer-data", 4),
            ("issuer-witness", 5),
        ] {
            std::fs::write(keys.join(format!("{name}.key")), [byte; 32]).unwrap();
        }
        std::fs::write(keys.join("issuer-staff.toml"), custody::staff()).unwrap();
        Self::open_in(dir, settings).await
    }

    async fn open_in(dir: tempfile::TempDir, settings: String) -> Self {
        let ctx = Context::sandbox_in("issuer", dir.path());
        let shop = SigningKey::from_bytes(&[5; 32]);
        let key = hex::encode(shop.verifying_key().as_bytes());
        let other = hex::encode(SigningKey::from_bytes(&[6; 32]).verifying_key().as_bytes());
        let config: Config = toml::from_str(&format!(
            "{settings}\nshops = [{{ name = \"{SHOP}\", key = \"{key}\", ledger_key = \"{}\" }}, {{ name = \"other\", key = \"{other}\" }}]",
            witness::Ledger::new(1).verifier_key()
        ))
        .unwrap();
        let running = tokio::spawn(chit_issuer::run(ctx.clone(), config));
        let client = IssuerServiceClient::new(chit_runtime::channel(&ctx.shared, "issuer"));
        let up = async {
            loop {
                match client.clone().get_keys(proto::GetKeysRequest {}).await {
                    Ok(keys) => break keys.into_inner(),
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        };
        let keys = tokio::time::timeout(PATIENCE, up).await.expect("the issuer serves");
        let key = hex::decode(&keys.verdict_key).unwrap().try_into().unwrap();
        Self {
            dir,
            settings,
            ctx,
            running,
            client,
            shop,
            key,
            recipient: keys.recipient.parse().unwrap(),
            witness_key: keys.witness_key,
        }
    }

    async fn restarted(self) -> Self {
        let stopped = self.stopped().await;
        Self::open_in(stopped.dir, stopped.settings).await
    }

    async fn stopped(mut self) -> Self {
        self.ctx.shutdown.trigger();
        (&mut self.running).await.unwrap().unwrap();
        self
    }

    async fn card(&self, request_id: u128) -> Result<proto::PrintedCard, Status> {
        let approval = custody::approval(custody::PIN);
        let request = proto::MakeCardsRequest { request_id: id(request_id), count: 1, approval };
        Ok(self.client.clone().make_cards(request).await?.into_inner().cards.remove(0))
    }

    async fn rows(&self, request_id: u128, card_serial: &str) -> Result<proto::AssignRowsResponse, Status> {
        let asked = rows_request(&bytes(request_id), SHOP, card_serial);
        let request = proto::AssignRowsRequest {
            request_id: id(request_id),
            shop: SHOP.into(),
            card_serial: card_serial.into(),
            shop_signature: self.shop.sign(&asked).to_bytes().to_vec(),
        };
        Ok(self.client.clone().assign_rows(request).await?.into_inner())
    }

    fn reply(&self, request_id: u128, claims: &[Claim], code: &str) -> proto::JudgeReplyRequest {
        let to = iter::once(&self.recipient as &dyn age::Recipient);
        let mut sealed_code = Vec::new();
        let mut writer = age::Encryptor::with_recipients(to).unwrap().wrap_output(&mut sealed_code).unwrap();
        writer.write_all(&bytes(request_id)).unwrap();
        writer.write_all(code.as_bytes()).unwrap();
        writer.finish().unwrap();
        let claims: Vec<Vec<u8>> = claims.iter().map(Claim::encode).collect();
        let asked = judge_request(&bytes(request_id), &sealed_code, &claims);
        let shop_signature = self.shop.sign(&asked).to_bytes().to_vec();
        proto::JudgeReplyRequest { request_id: id(request_id), claims, sealed_code, shop_signature }
    }

    async fn judge(&self, request: &proto::JudgeReplyRequest) -> Result<Verdict, Status> {
        let answer = self.client.clone().judge_reply(request.clone()).await?.into_inner();
        Ok(Verdict::verify(&answer.verdict, &self.key).unwrap())
    }
}

fn id(n: u128) -> String {
    ulid::Ulid(n).to_string()
}

fn bytes(n: u128) -> [u8; 16] {
    n.to_be_bytes()
}

fn claim(assigned: &proto::AssignRowsResponse, at: usize) -> Claim {
    Claim {
        shop: SHOP.into(),
        challenge_id: [3; 16],
        card_id: assigned.card_id.clone().try_into().unwrap(),
        row: u8::try_from(assigned.rows[at]).unwrap(),
        at_counter: false,
        currency: *b"CNY",
        sales: vec![SaleClaim { sale_id: [1; 16], amount_minor: 1_250, manifest_sha256: [9; 32] }],
    }
}

fn code_of(card: &proto::PrintedCard, claim: &Claim) -> String {
    card.row_codes[usize::from(claim.row) - 1].clone()
}

fn reason<T>(refused: Result<T, Status>) -> Option<String> {
    reason_of(&refused.err().expect("it is refused"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_row_of_a_card_is_right_once_and_a_retry_gets_the_first_verdict_over_a_restart() {
    let issuer = Issuer::open().await;
    let card = issuer.card(1).await.unwrap();
    assert_eq!((card.card_serial.len(), card.row_codes.len()), (8, 60));
    let assigned = issuer.rows(2, &card.card_serial).await.unwrap();
    assert_eq!(assigned.rows.len(), 12);
    let claim = claim(&assigned, 0);
    let reply = issuer.reply(3, std::slice::from_ref(&claim), &code_of(&card, &claim));
    let verdict = issuer.judge(&reply).await.unwrap();
    assert_eq!((verdict.outcome, &verdict.claim, verdict.request_id), (Outcome::Right, &claim, bytes(3)));
    let issuer = issuer.restarted().await;
    assert_eq!(issuer.judge(&reply).await.unwrap(), verdict, "the first answer, byte for byte");
    let again = issuer.reply(4, std::slice::from_ref(&claim), &code_of(&card, &claim));
    assert_eq!(issuer.judge(&again).await.unwrap().outcome, Outcome::Used);
    let other_body = issuer.reply(3, std::slice::from_ref(&claim), "000000");
    assert_eq!(reason(issuer.judge(&other_body).await).as_deref(), Some("REQUEST_ID_REUSED"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_asks_in_a_shops_name_and_no_shop_for_anothers_rows() {
    let issuer = Issuer::open().await;
    let card = issuer.card(1).await.unwrap();
    let assigned = issuer.rows(2, &card.card_serial).await.unwrap();
    let claim = claim(&assigned, 0);
    let code = code_of(&card, &claim);

    let mut forged = issuer.reply(3, std::slice::from_ref(&claim), &code);
    forged.shop_signature = SigningKey::from_bytes(&[6; 32]).sign(b"anything").to_bytes().to_vec();
    assert_eq!(reason(issuer.judge(&forged).await).as_deref(), Some("SHOP_SIGNATURE_INVALID"));
    let dearer =
        Claim { sales: vec![SaleClaim { amount_minor: 125_000, ..claim.sales[0].clone() }], ..claim.clone() };
    let mut changed = issuer.reply(3, std::slice::from_ref(&claim), &code);
    changed.claims = vec![dearer.encode()];
    assert_eq!(reason(issuer.judge(&changed).await).as_deref(), Some("SHOP_SIGNATURE_INVALID"));
    let unknown = Claim { shop: "nobody".into(), ..claim.clone() };
    let unknown = issuer.reply(3, &[unknown], &code);
    assert_eq!(reason(issuer.judge(&unknown).await).as_deref(), Some("SHOP_UNKNOWN"));

    let free = (1..=60).find(|row| !assigned.rows.contains(&u32::from(*row))).unwrap();
    let not_mine = issuer.reply(3, &[Claim { row: free, ..claim.clone() }], &code);
    assert_eq!(reason(issuer.judge(&not_mine).await).as_deref(), Some("ROW_NOT_ASSIGNED"));

    let copied = issuer.reply(3, std::slice::from_ref(&claim), &code).sealed_code;
    let asked = judge_request(&bytes(4), &copied, &[claim.encode()]);
    let replayed = proto::JudgeReplyRequest {
        request_id: id(4),
        claims: vec![claim.encode()],
        sealed_code: copied,
        shop_signature: issuer.shop.sign(&asked).to_bytes().to_vec(),
    };
    assert_eq!(reason(issuer.judge(&replayed).await).as_deref(), Some("CODE_NOT_SEALED_FOR_THIS"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_end_with_the_card_and_a_repeated_request_takes_none() {
    let issuer = Issuer::open().await;
    let card = issuer.card(1).await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for request in 10..15 {
        let assigned = issuer.rows(request, &card.card_serial).await.unwrap();
        assert_eq!(issuer.rows(request, &card.card_serial).await.unwrap(), assigned);
        seen.extend(assigned.rows);
    }
    assert_eq!(seen.len(), 60);
    assert_eq!(reason(issuer.rows(15, &card.card_serial).await).as_deref(), Some("CARD_ROWS_EXHAUSTED"));
    assert_eq!(reason(issuer.rows(16, "00000001").await).as_deref(), Some("CARD_UNKNOWN"));
    assert_eq!(reason(issuer.rows(17, "no serial").await).as_deref(), Some("CARD_UNKNOWN"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_issuer_assigns_no_row_again_that_it_assigned_after_the_backup() {
    let issuer = Issuer::open().await;
    let card = issuer.card(1).await.unwrap();
    let before = issuer.rows(2, &card.card_serial).await.unwrap();
    let issuer = issuer.stopped().await;
    let store = issuer.ctx.shared.state_of("issuer").join("issuer.redb");
    let backup = std::fs::read(&store).unwrap();
    let issuer = Issuer::open_in(issuer.dir, issuer.settings).await;
    let since = issuer.rows(3, &card.card_serial).await.unwrap();
    let issuer = issuer.stopped().await;
    std::fs::write(&store, backup).unwrap();
    let now = issuer.ctx.clock.now();
    std::fs::write(store.with_file_name("restored"), now.to_string()).unwrap();
    let issuer = Issuer::open_in(issuer.dir, issuer.settings).await;
    assert!(!store.with_file_name("restored").exists());
    let next = issuer.rows(4, &card.card_serial).await.unwrap();
    assert!(next.rows.iter().all(|row| !before.rows.contains(row) && !since.rows.contains(row)));
    // What was assigned since still pays: the code shows whose row it is.
    let claim = claim(&since, 0);
    let reply = issuer.reply(5, std::slice::from_ref(&claim), &code_of(&card, &claim));
    assert_eq!(issuer.judge(&reply).await.unwrap().outcome, Outcome::Right);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_is_printed_once_and_a_lost_one_pays_nothing() {
    let issuer = Issuer::open().await;
    let card = issuer.card(1).await.unwrap();
    assert_eq!(reason(issuer.card(1).await).as_deref(), Some("CARDS_MADE_BEFORE"));
    let assigned = issuer.rows(2, &card.card_serial).await.unwrap();
    for card_serial in [card.card_serial.clone(), "00000001".into()] {
        let request_id = id(u128::from(card_serial.parse::<u32>().unwrap()) + 100);
        let approval = custody::approval(custody::PIN);
        let request = proto::ReportLostRequest { request_id, card_serial, approval, ..Default::default() };
        issuer.client.clone().report_lost(request).await.unwrap();
    }
    let claim = claim(&assigned, 0);
    let reply = issuer.reply(3, std::slice::from_ref(&claim), &code_of(&card, &claim));
    assert_eq!(issuer.judge(&reply).await.unwrap().outcome, Outcome::Lost);
    assert_eq!(reason(issuer.rows(4, &card.card_serial).await).as_deref(), Some("CARD_REPORTED_LOST"));
}

//! A shop in a folder of its own with one ACTIVE payer, by day, its modem ready.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use chit_proto::ledger::v1::FactKind;
use chit_proto::sms_gateway::v1::{Encoding, Inbound, Message, MessageState};
use chit_runtime::Context;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::change::{self, NewCard};
use crate::config::Config;
use crate::dialogue::disputes::{self, Fresh};
use crate::dialogue::facts::card_key;
use crate::dialogue::in_person;
use crate::domain::approval::{Act, hash_pin};
use crate::domain::code_card::{Row, RowCode};
use crate::domain::dialogue::{Challenge, OutFact, OutMessage, Purpose};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::payer::PhoneE164;
use crate::domain::people::{Payer, PayerState};
use crate::domain::refusal::Result;
use crate::domain::sale::{EvidenceState, ReceiptState, Sale, SaleState, SoldLine};
use crate::domain::settlement::Dispute;
use crate::enrol::{self, NewPayer};
use crate::grant::{Grant, JointGrant};
use crate::schedule;
use crate::shop::Shop;
use crate::store::Rows;
use crate::watch::{inbox, modem, sms_states};

pub const PIN: &str = "730514";
pub const PHONE: &str = "+8613800005678";
pub const STRANGER: &str = "+8613900001111";
pub const SUPERVISOR: &str = "wang";
pub const CASHIER: &str = "li";
pub const DAY_H: i64 = 24;
/// A challenge runs 24 h from its submission.
pub const A_ROUND_H: i64 = 25;

pub struct Till {
    pub dir: tempfile::TempDir,
    pub shop: Arc<Shop>,
    pub payer_id: String,
    seq: AtomicU64,
    revision: AtomicU64,
}

impl Till {
    pub async fn open() -> Self {
        Self::open_with(Config::default()).await
    }

    pub async fn open_with(cfg: Config) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ctx = Context::sandbox_in("checkout", dir.path());
        write_keys(&ctx.shared.keys_dir);
        let shop = Shop::open(&ctx, cfg).unwrap();
        shop.clock.advance(until_ten_in_the_morning(shop.clock.now())).unwrap();
        modem::note(&shop, true).await.unwrap();
        let (seq, revision) = (AtomicU64::new(0), AtomicU64::new(0));
        let mut till = Self { dir, shop, payer_id: String::new(), seq, revision };
        till.payer_id = till.enrol(PHONE, PayerState::Active).await;
        till
    }

    pub async fn enrol(&self, phone: &str, state: PayerState) -> String {
        let phone = PhoneE164::new(phone).unwrap();
        let new = NewPayer { name: "Ada Li".into(), phone, language: "en".into() };
        let payer = enrol::prepare(&self.shop, new).unwrap();
        let payer = Payer { state: state as i32, ..payer };
        let id = payer.payer_id.clone();
        let grant = Grant::new(Act::EnrolPayer, SUPERVISOR);
        self.shop.store.write(move |tx| enrol::enrol(tx, payer, b"jpeg", grant)).await.unwrap();
        self.drain().await;
        id
    }

    /// A sale of the payer as it stands when its evidence is sealed and witnessed.
    pub async fn queued(&self, total_minor: i64) -> String {
        self.put(SaleState::Queued, total_minor, |_| {}).await
    }

    pub async fn put(&self, state: SaleState, total_minor: i64, change: impl FnOnce(&mut Sale)) -> String {
        // Ids in the order of the calls, also within a millisecond.
        let at = u64::try_from(self.shop.now_ms()).unwrap();
        let id = ulid::Ulid::from_parts(at, self.seq.fetch_add(1, Ordering::Relaxed).into()).to_string();
        let random = u32::from_be_bytes(self.shop.random().unwrap());
        let mut sale = Sale {
            state: state as i32,
            total_minor,
            payer_id: self.payer_id.clone(),
            commit_ms: self.shop.now_ms(),
            short_no: crate::domain::proof::SaleNumber::from_random(random).to_string(),
            resolve_transfer_id: self.shop.new_ulid().unwrap(),
            dispatch_released: true,
            same_person: Some(true),
            lines: vec![SoldLine { description: "tea".into(), total_minor, ..SoldLine::default() }],
            ..Sale::draft(id.clone(), "01", CASHIER, "CNY", self.shop.now_ms(), String::new())
        };
        sale.receipt.state = ReceiptState::Printed as i32;
        sale.receipt.job_id = self.shop.new_ulid().unwrap();
        sale.evidence.state = EvidenceState::Sealed as i32;
        sale.evidence.photo_1_sha256 = vec![1; 32];
        sale.evidence.manifest_sha256 = vec![7; 32];
        change(&mut sale);
        self.shop.store.write(move |tx| tx.put_sale(CASHIER, &sale)).await.unwrap();
        id
    }

    /// A sale that was asked for, and whose SMS arrived.
    pub async fn challenged(&self) -> (String, Challenge) {
        let sale_id = self.queued(1_250).await;
        self.ask(MessageState::Delivered).await;
        assert_eq!(self.sale(&sale_id).await.state(), SaleState::Challenged);
        (sale_id, self.open_challenge().await)
    }

    pub async fn verified(&self) -> String {
        let (sale_id, challenge) = self.challenged().await;
        self.reply(&self.right(&challenge).await).await;
        assert_eq!(self.sale(&sale_id).await.state(), SaleState::Verified);
        sale_id
    }

    /// What is due, and then the network does `state` to every SMS. Returns what the payer did not ask for.
    pub async fn ask(&self, state: MessageState) -> Vec<OutMessage> {
        self.tick().await;
        let mut sent = self.network(state).await;
        sent.retain(|message| message.purpose() != Purpose::Answer);
        sent
    }

    pub async fn tick(&self) {
        schedule::tick(&self.shop).await.unwrap();
    }

    /// The gateway takes every message that waits and reports `state`; all other effects are done too.
    pub async fn network(&self, state: MessageState) -> Vec<OutMessage> {
        let mut sent = Vec::new();
        for (row, effect) in self.outbox().await {
            let revision = self.revision.fetch_add(1, Ordering::Relaxed) + 1;
            let message = self
                .shop
                .store
                .write(move |tx| {
                    tx.done(row)?;
                    if effect.kind() != EffectKind::SendMessage {
                        return Ok(None);
                    }
                    let message = tx.message(&effect.subject_id)?.unwrap();
                    let known = Message { state: state as i32, revision, ..Message::default() };
                    sms_states::note(tx, &message, &known)?;
                    Ok(Some(message))
                })
                .await;
            sent.extend(message.unwrap());
        }
        sent
    }

    pub async fn report(&self, message_id: &str, state: MessageState) {
        let revision = self.revision.fetch_add(1, Ordering::Relaxed) + 1;
        let id = message_id.to_owned();
        let report = move |tx: &mut crate::store::Tx| {
            let message = tx.message(&id)?.unwrap();
            let known = Message { state: state as i32, revision, ..Message::default() };
            sms_states::note(tx, &message, &known)
        };
        self.shop.store.write(report).await.unwrap();
    }

    pub async fn drain(&self) {
        for (row, _) in self.outbox().await {
            self.shop.store.write(move |tx| tx.done(row)).await.unwrap();
        }
    }

    pub async fn outbox(&self) -> Vec<(u64, Effect)> {
        self.shop.store.read(|rows| rows.outbox()).await.unwrap()
    }

    pub async fn effects(&self) -> Vec<EffectKind> {
        self.outbox().await.iter().map(|(_, effect)| effect.kind()).collect()
    }

    /// Messages of this purpose that wait for the gateway.
    pub async fn waiting(&self, purpose: Purpose) -> Vec<OutMessage> {
        let read = move |rows: &crate::store::ReadTx| {
            let rows_of = rows.outbox()?.into_iter().filter(|(_, e)| e.kind() == EffectKind::SendMessage);
            let all: Result<Vec<_>> =
                rows_of.map(|(_, e)| Ok(rows.message(&e.subject_id)?.unwrap())).collect();
            Ok(all?.into_iter().filter(|message| message.purpose() == purpose).collect())
        };
        self.shop.store.read(read).await.unwrap()
    }

    /// The payer writes; returns the answers that wait for the gateway.
    pub async fn reply(&self, text: &str) -> Vec<OutMessage> {
        self.reply_from(PHONE, text).await
    }

    pub async fn reply_from(&self, from: &str, text: &str) -> Vec<OutMessage> {
        self.drain().await;
        let seq = self.seq.fetch_add(1, Ordering::Relaxed) + 1;
        inbox::hear(&self.shop, inbound(seq, from, text)).await.unwrap();
        self.waiting(Purpose::Answer).await
    }

    pub async fn hear(&self, seq: u64, text: &str) -> Option<String> {
        self.seq.fetch_max(seq, Ordering::Relaxed);
        inbox::hear(&self.shop, inbound(seq, PHONE, text)).await.unwrap()
    }

    /// The gateway says that this number writes more than a person does.
    pub async fn flood(&self, text: &str) -> Vec<OutMessage> {
        self.drain().await;
        let seq = self.seq.fetch_add(1, Ordering::Relaxed) + 1;
        let flooded = Inbound { over_rate: true, ..inbound(seq, PHONE, text) };
        inbox::hear(&self.shop, flooded).await.unwrap();
        self.waiting(Purpose::Answer).await
    }

    pub async fn answer_in_person(&self, code: &str) -> Result<(Payer, bool)> {
        let code: RowCode = code.parse().unwrap();
        let (voice, master) = (self.shop.voice(), self.shop.keys.card_master.clone());
        let (payer_id, fresh) = (self.payer_id.clone(), inbox::fresh(&self.shop)?);
        self.shop.store.write(move |tx| in_person::answer(tx, &voice, &master, &payer_id, code, fresh)).await
    }

    pub async fn resolve(&self, dispute_id: &str, uphold: bool) -> Result<Dispute> {
        let fresh = Fresh { transfer_id: self.shop.new_ulid()?, job_id: self.shop.new_ulid()? };
        let id = dispute_id.to_owned();
        self.shop.store.write(move |tx| disputes::resolve(tx, &id, uphold, SUPERVISOR, fresh)).await
    }

    /// The sale's newest dispute.
    pub async fn dispute_of(&self, sale_id: &str) -> Dispute {
        let id = self.sale(sale_id).await.dispute_ids.last().cloned().expect("a dispute");
        self.shop.store.read(move |rows| rows.dispute(&id)).await.unwrap()
    }

    /// Two people give the payer another phone.
    pub async fn change_phone(&self, phone: &str) -> Result<Payer> {
        let (payer, phone) = (self.payer().await, PhoneE164::new(phone).unwrap());
        let (fresh, voice) = (change::prepare(&self.shop, &payer, &phone)?, self.shop.voice());
        let id = self.payer_id.clone();
        self.shop.store.write(move |tx| change::phone(tx, &voice, &id, &phone, two_people(), fresh)).await
    }

    /// Two people give the payer another card.
    pub async fn replace_card(&self) -> Result<Payer> {
        let payer = self.payer().await;
        let phone = PhoneE164::new(&payer.phone).unwrap();
        let (fresh, voice) = (change::prepare(&self.shop, &payer, &phone)?, self.shop.voice());
        let card = NewCard { random: self.shop.random_u64()?, job_id: self.shop.new_ulid()? };
        let id = self.payer_id.clone();
        self.shop.store.write(move |tx| change::card(tx, &voice, &id, card, two_people(), fresh)).await
    }

    pub async fn reset_card(&self) -> Payer {
        self.replace_card().await.unwrap();
        // The papers are printed.
        self.change_payer(|payer| payer.state = PayerState::Pending as i32).await;
        self.payer().await
    }

    pub fn may_buy(&self, payer: &Payer) -> Result<()> {
        payer.may_buy(self.shop.clock.now(), &self.shop.quiet.zone)
    }

    /// Facts of this kind that the ledger has not got yet.
    pub async fn facts(&self, kind: FactKind) -> Vec<OutFact> {
        let read = |rows: &crate::store::ReadTx| {
            let rows_of = rows.outbox()?.into_iter().filter(|(_, e)| e.kind() == EffectKind::RecordFact);
            rows_of.map(|(_, e)| rows.fact(&e.subject_id)).collect::<Result<Vec<_>>>()
        };
        let mut facts = self.shop.store.read(read).await.unwrap();
        facts.retain(|fact| fact.kind == kind as i32);
        facts
    }

    pub async fn change_payer(&self, change: impl FnOnce(&mut Payer)) {
        let mut payer = self.payer().await;
        change(&mut payer);
        self.shop.store.write(move |tx| tx.put_payer("test", &payer)).await.unwrap();
    }

    pub async fn change_sale(&self, sale_id: &str, change: impl FnOnce(&mut Sale)) {
        let mut sale = self.sale(sale_id).await;
        change(&mut sale);
        self.shop.store.write(move |tx| tx.put_sale("test", &sale)).await.unwrap();
    }

    pub async fn sale(&self, sale_id: &str) -> Sale {
        self.shop.sale(sale_id).await.unwrap()
    }

    pub async fn payer(&self) -> Payer {
        let id = self.payer_id.clone();
        self.shop.store.read(move |rows| rows.payer(&id)).await.unwrap()
    }

    pub async fn open_challenge(&self) -> Challenge {
        let id = self.payer().await.open_challenge_id;
        assert!(!id.is_empty(), "a challenge is open");
        self.challenge(&id).await
    }

    pub async fn challenge(&self, challenge_id: &str) -> Challenge {
        let id = challenge_id.to_owned();
        self.shop.store.read(move |rows| rows.challenge(&id)).await.unwrap()
    }

    /// What the payer reads in the challenge's row of his present card.
    pub async fn right(&self, challenge: &Challenge) -> String {
        self.code_of_row(u8::try_from(challenge.row).unwrap()).await
    }

    pub async fn code_of_row(&self, row: u8) -> String {
        let key = card_key(&self.shop.keys.card_master, &self.payer().await).unwrap();
        key.row_code(Row::new(row).unwrap()).reveal().to_owned()
    }

    /// The `n`th code that is in no row of the card.
    pub async fn wrong(&self, n: usize) -> String {
        let key = card_key(&self.shop.keys.card_master, &self.payer().await).unwrap();
        let rows: HashSet<String> = Row::all().map(|row| key.row_code(row).reveal().to_owned()).collect();
        (100_000..).map(|code: u32| code.to_string()).filter(|code| !rows.contains(code)).nth(n).unwrap()
    }

    pub fn advance(&self, hours: i64) {
        self.shop.clock.advance(SignedDuration::from_hours(hours)).unwrap();
    }

    /// Three rounds pass without a word; each SMS ends as `state`.
    pub async fn three_silent_rounds(&self, state: MessageState) -> String {
        let sale_id = self.queued(1_250).await;
        for _ in 0..3 {
            let sent = self.ask(state).await;
            assert_eq!(sent.len(), 1, "{sent:?}");
            self.advance(A_ROUND_H);
            self.tick().await;
        }
        sale_id
    }

    /// A sale whose notice the network took.
    pub async fn bad_pending(&self) -> String {
        let sale_id = self.three_silent_rounds(MessageState::Delivered).await;
        self.advance(DAY_H);
        let sent = self.ask(MessageState::Delivered).await;
        assert!(sent.iter().any(|message| message.purpose() == Purpose::Notice), "{sent:?}");
        assert_eq!(self.sale(&sale_id).await.state(), SaleState::BadPending);
        sale_id
    }

    pub async fn bad_listed(&self) -> String {
        let sale_id = self.bad_pending().await;
        self.advance(7 * DAY_H + 1);
        self.tick().await;
        assert_eq!(self.sale(&sale_id).await.state(), SaleState::BadListed);
        self.drain().await;
        sale_id
    }
}

fn two_people() -> JointGrant {
    let act = Act::ChangePhoneOrCard;
    JointGrant { approver: Grant::new(act, SUPERVISOR), witness: Grant::new(act, CASHIER) }
}

fn inbound(seq: u64, from: &str, text: &str) -> Inbound {
    Inbound {
        seq,
        from_e164: from.into(),
        text: text.into(),
        text_chars: 6,
        encoding: Encoding::Gsm7 as i32,
        complete: true,
        ..Inbound::default()
    }
}

/// Always the same hour, so that no test ends in the quiet hours by accident.
fn until_ten_in_the_morning(now: Timestamp) -> SignedDuration {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let tomorrow = zone.to_datetime(now).date().tomorrow().unwrap();
    let ten = zone.to_ambiguous_timestamp(tomorrow.at(10, 0, 0, 0)).compatible().unwrap();
    // The clock is moved by whole seconds.
    ten.duration_since(now) + SignedDuration::from_secs(1)
}

pub fn write_keys(dir: &std::path::Path) {
    std::fs::create_dir_all(dir).unwrap();
    for (name, byte) in [("card-master", 1), ("payer-code", 2), ("payer-group", 3), ("till", 4)] {
        std::fs::write(dir.join(format!("{name}.key")), [byte; 32]).unwrap();
    }
    // argon2id is slow on purpose: once for all tests of a process.
    static PIN_HASH: OnceLock<String> = OnceLock::new();
    let hash = PIN_HASH.get_or_init(|| hash_pin(PIN, &[9; 16]).unwrap());
    let member = |name: &str, role: &str| {
        format!("[[staff]]\nname = \"{name}\"\nrole = \"{role}\"\npin_hash = \"{hash}\"\n")
    };
    let staff = member(CASHIER, "cashier") + &member(SUPERVISOR, "supervisor") + &member("zhao", "owner");
    std::fs::write(dir.join("staff.toml"), staff).unwrap();
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

//! The end: the ledger's books as they were told over the wire, the states that checkout shows, its report, and what
//! payers and staff did. They come from different sources, and must say the same.

use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;
use chit_proto::checkout::v1 as proto;
use proto::SaleState;
use proto::shop_service_client::ShopServiceClient;

use super::mirror::{Known, Mirror, is_final};
use super::staff::Staff;
use super::streets::{Streets, Townsman};
use crate::far::ledger::Account;
use crate::shop::Shop;

#[derive(Default)]
pub struct Found {
    pub sales: usize,
    pub settled: usize,
    pub messages: usize,
    pub imbalance_minor: i64,
    pub imbalances: Vec<String>,
    pub broken: Vec<String>,
    pub unexplained: Vec<String>,
    pub not_final: usize,
}

impl Found {
    pub fn is_good(&self) -> bool {
        self.imbalance_minor == 0
            && self.broken.is_empty()
            && self.unexplained.is_empty()
            && self.not_final == 0
            && self.sales > 0
    }

    fn must_equal(&mut self, what: &str, expected: i64, actual: i64) {
        if expected != actual {
            self.imbalance_minor += (expected - actual).abs();
            self.imbalances.push(format!("{what}: {expected} expected, {actual} found"));
        }
    }
}

/// Ledger accounts of the shop, as `chit init` made them.
struct House {
    sales: String,
    refunds: String,
    bad_debt: String,
    cash: String,
}

impl House {
    fn read(shop: &Shop) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(shop.folder.join("keys/house_accounts.toml"))?;
        let of = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_prefix('='));
            Ok::<_, anyhow::Error>(line.context("house_accounts.toml")?.trim().trim_matches('"').to_owned())
        };
        Ok(Self {
            sales: of("sales")?,
            refunds: of("refunds")?,
            bad_debt: of("bad_debt")?,
            cash: of("cash")?,
        })
    }
}

pub async fn audit(shop: &Shop, mirror: &Mirror, streets: &Streets, staff: &Staff) -> anyhow::Result<Found> {
    let mut found = Found { messages: shop.world.sms.sent(), ..Found::default() };
    found.broken.extend(shop.world.sms.faults());
    let mut zreport = ShopServiceClient::new(shop.connect()?);
    // Nobody closes the shift, so the first one has everything.
    let whole = proto::GetZReportRequest { shift: 1, ..Default::default() };
    let report = zreport.get_z_report(whole).await?.into_inner();
    let states = mirror.states();
    found.broken.extend(states.broken.iter().cloned());
    let sales: Vec<(&String, &Known)> = states
        .sales
        .iter()
        .filter(|(_, sale)| {
            !matches!(sale.state, SaleState::Draft | SaleState::PayerOk) && !was_never_sold(sale)
        })
        .collect();
    found.sales = sales.len();
    found.not_final = sales.iter().filter(|(_, sale)| !is_final(sale.state)).count();
    found.settled = sales.iter().filter(|(_, sale)| sale.state == SaleState::Settled).count();
    books(&mut found, shop, &sales)?;
    z_report(&mut found, &report, &sales);
    let people: HashMap<&str, &Townsman> =
        streets.people.iter().map(|person| (person.payer.id.as_str(), person)).collect();
    for (id, sale) in &sales {
        explain(&mut found, id, sale, people.get(sale.payer_id.as_str()).copied(), staff);
    }
    eprintln!("refused at the counter: {:?}", streets.refused);
    Ok(found)
}

/// A basket that was thrown away before it was committed.
fn was_never_sold(sale: &Known) -> bool {
    sale.state == SaleState::Voided
}

/// What each account must show if the sales ended as checkout says.
fn books(found: &mut Found, shop: &Shop, sales: &[(&String, &Known)]) -> anyhow::Result<()> {
    let house = House::read(shop)?;
    let books = shop.world.ledger.lock().expect("the books are whole");
    found.must_equal("trial balance", 0, books.trial_balance());
    found.must_equal("reserved and not resolved", 0, books.pending_minor());
    for fault in &books.faults {
        found.unexplained.push(format!("ledger: {fault}"));
    }
    let sum = |wanted: &dyn Fn(&Known) -> bool| -> i64 {
        sales.iter().filter(|(_, sale)| wanted(sale)).map(|(_, sale)| sale.total_minor).sum()
    };
    let net = |id: &str| books.accounts.get(id).map_or(0, Account::net);
    let written_off_early = |sale: &Known| sale.state == SaleState::WrittenOff && !sale.was_listed;
    let in_cash = |sale: &Known| matches!(sale.state, SaleState::PaidOtherwise | SaleState::Cleared);
    found.must_equal("sales", -sum(&|sale| !written_off_early(sale)), net(&house.sales));
    found.must_equal("refunds", sum(&|sale| sale.refunded), net(&house.refunds));
    let cash = sum(&in_cash) - sum(&|sale| in_cash(sale) && sale.refunded);
    found.must_equal("cash", cash, net(&house.cash));
    let lost = |sale: &Known| {
        sale.was_listed
            && matches!(sale.state, SaleState::Expired | SaleState::WrittenOff | SaleState::BadListed)
    };
    found.must_equal("bad debt", sum(&lost), net(&house.bad_debt));
    let own = [&house.sales, &house.refunds, &house.cash, &house.bad_debt];
    let payers = books.accounts.iter().filter(|(id, _)| !own.contains(id));
    let owed: i64 = payers.map(|(_, account)| account.net()).sum();
    let settled = sum(&|sale| sale.state == SaleState::Settled && !sale.refunded);
    found.must_equal("receivables", settled, owed);
    Ok(())
}

/// The report of all days together.
fn z_report(found: &mut Found, report: &proto::GetZReportResponse, sales: &[(&String, &Known)]) {
    let mut by_state: BTreeMap<&str, i64> = BTreeMap::new();
    for (_, sale) in sales {
        let name = match sale.state {
            SaleState::Settled => "settled",
            SaleState::WrittenOff => "written off",
            SaleState::PaidOtherwise => "paid otherwise",
            SaleState::Cleared | SaleState::Expired | SaleState::BadListed | SaleState::BadPending => "bad",
            _ => "open",
        };
        *by_state.entry(name).or_default() += sale.total_minor;
    }
    let of = |name: &str| by_state.get(name).copied().unwrap_or_default();
    let gross: i64 = by_state.values().sum();
    let refunds: i64 = sales.iter().filter(|(_, sale)| sale.refunded).map(|(_, sale)| sale.total_minor).sum();
    found.must_equal("report: gross less void", gross, report.gross_minor - report.void_minor);
    found.must_equal("report: settled", of("settled"), report.settled_minor);
    found.must_equal("report: written off", of("written off"), report.written_off_minor);
    found.must_equal("report: paid otherwise", of("paid otherwise"), report.paid_otherwise_minor);
    found.must_equal("report: bad", of("bad"), report.bad_minor);
    found.must_equal("report: open", of("open"), report.open_minor);
    found.must_equal("report: refunds", refunds, report.refunds_minor);
    let parts = report.settled_minor
        + report.open_minor
        + report.bad_minor
        + report.written_off_minor
        + report.paid_otherwise_minor
        + report.void_minor;
    found.must_equal("report: its parts", report.gross_minor, parts);
    let net = report.gross_minor - report.void_minor - report.refunds_minor;
    found.must_equal("report: net", net, report.net_minor);
    if !report.receipt_numbers_gapless {
        found.unexplained.push("report: a receipt number is missing".into());
    }
}

/// Nothing ended in a way that nobody brought about (I9).
fn explain(found: &mut Found, id: &str, sale: &Known, person: Option<&Townsman>, staff: &Staff) {
    let amount = format!("{}.{:02}", sale.total_minor / 100, sale.total_minor % 100);
    let confirmed = person.is_some_and(|person| person.answered.iter().any(|text| text.contains(&amount)));
    let explained = match sale.state {
        SaleState::Settled => confirmed,
        SaleState::PaidOtherwise | SaleState::Cleared => staff.cash.contains(id),
        SaleState::WrittenOff => staff.upheld.contains(id),
        SaleState::Expired => !confirmed,
        _ => true,
    };
    let refund_explained = !sale.refunded || staff.upheld.contains(id);
    if !explained || !refund_explained {
        let habit = person.map(|person| person.habit);
        found.unexplained.push(format!("sale {id} is {}, its payer {habit:?}", sale.state.as_str_name()));
    }
}

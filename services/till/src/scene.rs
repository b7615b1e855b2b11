//! What the pages show, and how checkout's news change it. It is a mirror: a new process asks checkout and shows the same.

use chit_proto::checkout::v1::event::Resource;
use chit_proto::checkout::v1::{Event, GetStatusResponse, Sale, SaleState};

/// A sale and the revision of its last change; the revision makes request ids that differ from change to change.
#[derive(Clone, Debug)]
pub struct Known {
    pub sale: Sale,
    pub revision: u64,
}

/// A scan that the sale did not take, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusedScan {
    /// Goods that the catalogue lacks.
    Goods(String),
    /// A payer's code, by checkout's reason.
    Payer(String),
    /// Known goods, or a payer's code ("") that came while no sale was open.
    NoSale(String),
}

impl RefusedScan {
    /// What tells one refusal from another: the goods' number, or the reason.
    pub fn code(&self) -> &str {
        match self {
            Self::Goods(code) | Self::Payer(code) | Self::NoSale(code) => code,
        }
    }
}

/// More unseen refusals than this are not read one by one: the oldest goes.
const REFUSED_SCANS_MAX: usize = 20;

/// What a scanner sent and what was no scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Counts within this process.
    pub number: u64,
    pub device: String,
    /// The scanner's reason.
    pub reason: String,
}

/// Older ones make room: who has not looked at so many does not look.
const UNREAD_MAX: usize = 5;

/// What the pages show.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    pub events_up: bool,
    pub status_up: bool,
    /// Revision of the newest event that was seen.
    pub revision: u64,
    pub current: Option<Known>,
    /// The newest committed sale before the current one.
    pub previous: Option<Sale>,
    pub status: Option<GetStatusResponse>,
    /// Scans that the sale did not take, oldest first, until the cashier has acknowledged them.
    pub refused_scans: Vec<RefusedScan>,
    /// Letters of what was typed for this sale that the printer has no form for.
    pub unprintable: Vec<String>,
    /// Shown until somebody has seen them, whatever becomes of the sale.
    pub unread: Vec<Unread>,
    /// Sale whose receipt was scanned last, with a count that distinguishes two scans of the same receipt.
    pub scanned_receipt: Option<(u64, String)>,
}

impl Scene {
    /// True while checkout answers.
    pub fn up(&self) -> bool {
        self.events_up && self.status_up
    }

    pub fn take_unread(&mut self, device: String, reason: String) {
        let number = self.unread.last().map_or(1, |newest| newest.number + 1);
        self.unread.push(Unread { number, device, reason });
        let too_many = self.unread.len().saturating_sub(UNREAD_MAX);
        self.unread.drain(..too_many);
    }

    /// Somebody has seen those up to this number.
    pub fn seen(&mut self, number: u64) {
        self.unread.retain(|unread| unread.number > number);
    }

    pub fn take_event(&mut self, event: Event) {
        self.revision = event.revision;
        if let Some(Resource::Sale(sale)) = event.resource {
            self.take_sale(sale, event.revision);
        }
    }

    /// What another program sells, on a lane of its own, is not this cashier's.
    pub fn take_sale(&mut self, sale: Sale, revision: u64) {
        if sale.lane != sale.till {
            return;
        }
        let newest = self.current.as_ref().map(|known| known.sale.sale_id.as_str()).unwrap_or_default();
        if sale.sale_id.as_str() >= newest {
            if sale.sale_id != newest {
                self.unprintable.clear();
            } else if sale.state() == SaleState::PayerOk {
                // A code that was taken settles those before it; goods that were not taken are in nobody's basket.
                self.refused_scans.retain(|scan| !matches!(scan, RefusedScan::Payer(_)));
            }
            let before = self.current.replace(Known { sale, revision });
            if let Some(before) = before
                && self.current.as_ref().is_some_and(|now| now.sale.sale_id != before.sale.sale_id)
            {
                self.take_previous(before.sale);
            }
        } else {
            self.take_previous(sale);
        }
    }

    /// The handheld beeps either way and the next scan comes half a second later: each refusal stays until it is seen.
    pub fn refuse_scan(&mut self, scan: RefusedScan) {
        if self.refused_scans.contains(&scan) {
            return;
        }
        if self.refused_scans.len() == REFUSED_SCANS_MAX {
            self.refused_scans.remove(0);
        }
        self.refused_scans.push(scan);
    }

    /// The cashier has read those that their page showed.
    pub fn acknowledge_scans(&mut self, seen: &[String]) {
        self.refused_scans.retain(|scan| !seen.iter().any(|code| code == scan.code()));
    }

    /// Who signs out leaves nothing for the next person to puzzle over.
    pub fn leave(&mut self) {
        self.refused_scans.clear();
        self.unprintable.clear();
        self.unread.clear();
    }

    fn take_previous(&mut self, sale: Sale) {
        let known = self.previous.as_ref().map(|sale| sale.sale_id.as_str()).unwrap_or_default();
        if is_committed(&sale) && sale.sale_id.as_str() >= known {
            self.previous = Some(sale);
        }
    }
}

fn is_committed(sale: &Sale) -> bool {
    !matches!(sale.state(), SaleState::Unspecified | SaleState::Draft | SaleState::PayerOk)
        && !sale.receipt_no.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sale(id: &str, state: SaleState, receipt_no: &str) -> Sale {
        Sale { sale_id: id.into(), state: state as i32, receipt_no: receipt_no.into(), ..Sale::default() }
    }

    #[test]
    fn what_another_program_sells_never_takes_over_the_cashiers_page() {
        let mut scene = Scene::default();
        let here = Sale { till: "01".into(), lane: "01".into(), ..sale("A", SaleState::Draft, "") };
        let elsewhere = Sale { lane: "pos:kiosk".into(), ..Sale { sale_id: "B".into(), ..here.clone() } };
        scene.take_sale(here, 1);
        scene.take_sale(elsewhere, 2);
        assert_eq!(scene.current.as_ref().map(|known| known.sale.sale_id.as_str()), Some("A"));
    }

    #[test]
    fn the_newest_sale_is_shown_and_the_committed_one_before_it_is_remembered() {
        let mut scene = Scene::default();
        scene.take_sale(sale("A", SaleState::Printing, "1"), 1);
        scene.take_sale(sale("B", SaleState::Draft, ""), 2);
        scene.take_sale(sale("A", SaleState::Queued, "1"), 3);
        assert_eq!(scene.current.as_ref().map(|known| known.sale.sale_id.as_str()), Some("B"));
        assert_eq!(scene.previous.as_ref().map(Sale::state), Some(SaleState::Queued));
        scene.take_sale(sale("C", SaleState::Draft, ""), 4);
        assert_eq!(
            scene.previous.as_ref().map(|sale| sale.sale_id.as_str()),
            Some("A"),
            "B was never committed"
        );
    }

    #[test]
    fn goods_that_were_not_taken_are_shown_until_the_cashier_has_seen_them() {
        let mut scene = Scene::default();
        scene.take_sale(sale("A", SaleState::Draft, ""), 1);
        scene.refuse_scan(RefusedScan::Goods("4006381333931".into()));
        scene.take_sale(sale("A", SaleState::Draft, ""), 2);
        scene.refuse_scan(RefusedScan::Payer("EXPIRED".into()));
        scene.refuse_scan(RefusedScan::Goods("4006381333931".into()));
        assert_eq!(scene.refused_scans.len(), 2, "known goods scanned afterwards hide nothing");
        scene.take_sale(sale("A", SaleState::PayerOk, ""), 3);
        assert_eq!(scene.refused_scans, [RefusedScan::Goods("4006381333931".into())]);
        scene.acknowledge_scans(&["96385074".into()]);
        assert_eq!(scene.refused_scans.len(), 1, "what the page did not show is not acknowledged");
        scene.acknowledge_scans(&["4006381333931".into()]);
        assert!(scene.refused_scans.is_empty());
        for number in 0..30 {
            scene.refuse_scan(RefusedScan::Goods(number.to_string()));
        }
        assert_eq!(scene.refused_scans.len(), REFUSED_SCANS_MAX);
        scene.take_sale(sale("B", SaleState::Draft, ""), 4);
        assert_eq!(scene.refused_scans.len(), REFUSED_SCANS_MAX, "a new sale takes away no unread refusal");
        scene.leave();
        assert!(scene.refused_scans.is_empty());
    }

    #[test]
    fn what_a_scanner_could_not_read_stays_until_somebody_has_seen_it() {
        let mut scene = Scene::default();
        for _ in 0..7 {
            scene.take_unread("handheld".into(), "CODE_CUT_OFF".into());
        }
        scene.take_sale(sale("A", SaleState::Draft, ""), 1);
        let numbers = |scene: &Scene| scene.unread.iter().map(|unread| unread.number).collect::<Vec<_>>();
        assert_eq!(numbers(&scene), [3, 4, 5, 6, 7], "the newest, and no sale takes them away");
        scene.seen(6);
        assert_eq!(numbers(&scene), [7], "what came while they looked stays");
    }
}

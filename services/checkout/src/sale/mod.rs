//! What happens at the counter: goods, payer code, commit, release. Each step function is one step of DESIGN's flow.

pub mod attention;
pub mod basket;
mod commit;
pub mod goods;
mod hands;
mod leaving;
mod opening;
mod payer_scan;
mod record;
#[expect(clippy::module_inception, reason = "the aggregate's root has its name")]
mod sale;
pub mod scan_route;
pub mod state;
mod stored;

pub use commit::{Committed, Names, Rules, begin_commit, committed, refused};
pub use hands::hands;
pub use leaving::{Void, give_up_draft, override_evidence, queue, release, seal, void};
pub use opening::{open, open_by_scan};
pub use payer_scan::{IssuerKey, PayerScan, Presenting, confirm_person, present};
pub use sale::{
    Commit, Evidence, EvidencePolicy, EvidenceState, LaidOut, Opening, Presented, Receipt, ReceiptState,
    Sale, ScanSource, Sold, SoldLine, Stage, Step, Voided, Witnessed,
};

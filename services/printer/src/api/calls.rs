//! Which calls other services of this machine may make.

use chit_runtime::neighbour::{CHECKOUT, Calls, LOOK, OPERATOR};

/// Papers and the drawer are checkout's; feeding and cutting are an operator's.
pub const CALLS: Calls = &[
    ("PrinterService/SubmitJob", CHECKOUT),
    ("PrinterService/GetJob", CHECKOUT),
    ("PrinterService/ListJobs", CHECKOUT),
    ("PrinterService/WatchJob", CHECKOUT),
    ("PrinterService/CancelJob", CHECKOUT),
    ("PrinterService/ResolveInDoubt", CHECKOUT),
    ("PrinterService/ReprintJob", CHECKOUT),
    ("PrinterService/GetStatus", LOOK),
    ("PrinterService/WatchStatus", LOOK),
    ("PrinterService/RenderPreview", CHECKOUT),
    ("PrinterService/CheckText", LOOK),
    ("PrinterService/KickDrawer", CHECKOUT),
    ("PrinterService/CutPaper", OPERATOR),
    ("PrinterService/FeedPaper", OPERATOR),
    ("PrinterService/Beep", CHECKOUT),
    ("PrinterService/RecordRollChange", OPERATOR),
];

#[cfg(test)]
mod tests {
    use super::CALLS;

    #[test]
    fn every_call_says_who_may_make_it() {
        let differs =
            chit_runtime::neighbour::differs(CALLS, chit_proto::FILE_DESCRIPTOR_SET, "chit.printer.v1");
        assert!(differs.is_empty(), "{differs:?}");
    }
}

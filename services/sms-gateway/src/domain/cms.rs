//! What a refused submission means. Sources: 27.005 §3.2.5 (300…), 24.011 annex E.2 (RP causes, 0…127),
//! 23.040 §9.2.3.22 (TP-FCS, 128…255), 27.007 §9.2 (CME).

use super::final_result::FinalResult;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The network or the modem will refuse it again.
    Permanent,
    /// Refused for now: 30 s, 2 min, 10 min, then given up.
    Temporary,
    /// The modem is not ready; its own trouble, so it does not count against the message.
    Busy,
    /// It may have been sent.
    Unknown,
}

/// The refusal came instead of the `>` prompt: nothing can have been sent.
pub fn before_handover(result: FinalResult) -> Verdict {
    match result {
        FinalResult::Cms(Some(code)) | FinalResult::Cme(Some(code)) if is_busy_code(code) => Verdict::Busy,
        FinalResult::Cme(_) | FinalResult::Cms(Some(310..=318)) => Verdict::Busy,
        FinalResult::Cms(Some(code)) if is_permanent(code) => Verdict::Permanent,
        FinalResult::Cms(_) | FinalResult::Error | FinalResult::Ok => Verdict::Temporary,
    }
}

/// The refusal came after Ctrl-Z. Only an answer that says "not accepted" proves that it was not sent.
pub fn after_handover(result: FinalResult) -> Verdict {
    match result {
        FinalResult::Cms(Some(code)) if is_busy_code(code) => Verdict::Busy,
        FinalResult::Cms(Some(code)) if is_permanent(code) => Verdict::Permanent,
        // 330: no service centre's address, so there was nobody to send to.
        FinalResult::Cms(Some(0..=127 | 192 | 194 | 330)) => Verdict::Temporary,
        // Other TP-FCS values are the service centre's refusal of this very message.
        FinalResult::Cms(Some(128..=255)) => Verdict::Permanent,
        // 310 … 318 and 331 (the SIM or the network may have gone after the message went), 332 (network timeout: the
        // acknowledgement may be what was lost), 500 (unknown error), vendors' codes, a bare ERROR: nothing proves
        // that the message stayed here.
        FinalResult::Cms(_) | FinalResult::Cme(_) | FinalResult::Error | FinalResult::Ok => Verdict::Unknown,
    }
}

/// `failure_reason` of the API.
pub fn reason(result: FinalResult) -> String {
    match result {
        FinalResult::Cms(Some(code)) => format!("CMS_ERROR_{code}"),
        FinalResult::Cme(Some(code)) => format!("CME_ERROR_{code}"),
        FinalResult::Cms(None) => "CMS_ERROR".into(),
        FinalResult::Cme(None) => "CME_ERROR".into(),
        FinalResult::Error | FinalResult::Ok => "ERROR".into(),
    }
}

/// SIM busy (CMS 314, CME 14); 515: "please wait, initialising", used by several vendors.
fn is_busy_code(code: u16) -> bool {
    matches!(code, 14 | 314 | 515)
}

/// The same question may get an answer soon.
pub fn is_busy(result: FinalResult) -> bool {
    matches!(result, FinalResult::Cms(Some(code)) | FinalResult::Cme(Some(code)) if is_busy_code(code))
}

/// The modem has no such command, or not while the SIM is locked: asking again changes nothing.
pub fn is_lasting_refusal(result: FinalResult) -> bool {
    matches!(
        result,
        FinalResult::Error
            | FinalResult::Cme(Some(3 | 4 | 11 | 50 | 100))
            | FinalResult::Cms(Some(302 | 303 | 305 | 311))
    )
}

/// Unassigned number, barring, unknown subscriber, facility not subscribed or implemented, malformed message;
/// 304: the modem itself rejects the PDU.
fn is_permanent(code: u16) -> bool {
    matches!(code, 1 | 8 | 10 | 21 | 28 | 29 | 30 | 50 | 69 | 81 | 95..=99 | 304)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_by_the_network_is_permanent_or_temporary() {
        for code in [1, 8, 28, 29, 30, 50, 69, 96, 176] {
            assert_eq!(after_handover(FinalResult::Cms(Some(code))), Verdict::Permanent, "{code}");
        }
        for code in [38, 41, 42, 47, 330] {
            assert_eq!(after_handover(FinalResult::Cms(Some(code))), Verdict::Temporary, "{code}");
        }
    }

    #[test]
    fn an_unclear_answer_after_ctrl_z_is_unknown_and_before_it_is_retried() {
        for result in [
            FinalResult::Cms(Some(500)),
            FinalResult::Cms(Some(332)),
            FinalResult::Cms(Some(38_000)),
            FinalResult::cms("no network service"),
            FinalResult::Error,
            FinalResult::Cms(None),
        ] {
            assert_eq!(after_handover(result), Verdict::Unknown, "{result:?}");
            assert_eq!(before_handover(result), Verdict::Temporary, "{result:?}");
        }
    }

    #[test]
    fn a_sim_that_fails_after_ctrl_z_proves_nothing() {
        let words = [FinalResult::cms("SIM failure"), FinalResult::cms("SIM not inserted")];
        for result in
            words.into_iter().chain([310, 311, 312, 313, 315, 318].map(|code| FinalResult::Cms(Some(code))))
        {
            assert_eq!(after_handover(result), Verdict::Unknown, "{result:?}");
            assert_eq!(before_handover(result), Verdict::Busy, "{result:?}");
        }
    }

    #[test]
    fn a_busy_modem_does_not_count_against_the_message() {
        assert_eq!(before_handover(FinalResult::Cme(Some(14))), Verdict::Busy);
        assert_eq!(after_handover(FinalResult::Cms(Some(314))), Verdict::Busy);
        assert_eq!(after_handover(FinalResult::Cms(Some(515))), Verdict::Busy);
    }
}

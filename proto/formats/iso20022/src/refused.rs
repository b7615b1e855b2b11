//! Why a file was not taken.

/// Nothing of the file counts: what was handed out before is to be dropped.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}{}: {reason}", if .path.is_empty() { String::new() } else { format!(", {}", .path) })]
pub struct Refused {
    /// Counted from 1; where the reader stood.
    pub line: u64,
    /// The element, e.g. `Document/CstmrPmtStsRpt/GrpHdr`; empty where there is none.
    pub path: String,
    pub reason: String,
}

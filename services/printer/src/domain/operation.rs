//! What people ask of the printer besides papers; each is journaled with who asked and why.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    KickDrawer {
        /// 2 or 5.
        pin: u32,
        on_ms: u32,
        off_ms: u32,
    },
    Cut,
    Feed {
        lines: u8,
    },
    Beep {
        times: u8,
    },
    /// A new roll is in; the paper used counts from now.
    RollChange,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub action: Action,
    pub actor: String,
    /// Given for the drawer only.
    pub reason: String,
}

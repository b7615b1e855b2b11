//! What ends the answer to a command (ITU-T V.250 §5.7, 27.005 §3.2.5, 27.007 §9.2).

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinalResult {
    Ok,
    Error,
    /// 27.005 §3.2.5; `None` when the modem wrote words that are not known here.
    Cms(Option<u16>),
    /// 27.007 §9.2.
    Cme(Option<u16>),
}

/// What AT+CMEE=2 writes, for the codes that decide something here (27.005 §3.2.5, 27.007 §9.2.1).
const CMS_WORDS: [(&str, u16); 10] = [
    ("unassigned (unallocated) number", 1),
    ("sim not inserted", 310),
    ("sim pin necessary", 311),
    ("sim pin required", 311),
    ("sim failure", 313),
    ("sim busy", 314),
    ("invalid memory index", 321),
    ("no network service", 331),
    ("network timeout", 332),
    ("unknown error", 500),
];
const CME_WORDS: [(&str, u16); 8] = [
    ("operation not allowed", 3),
    ("operation not supported", 4),
    ("sim not inserted", 10),
    ("sim pin required", 11),
    ("sim puk required", 12),
    ("sim failure", 13),
    ("sim busy", 14),
    ("sim wrong", 15),
];

impl FinalResult {
    /// A whole line; `None`: it ends nothing.
    pub fn read(line: &str) -> Option<Self> {
        // Some write it without the colon, or with a space before it.
        let code = |name: &str| Some(line.strip_prefix(name)?.trim_start_matches([' ', ':']).trim());
        if let Some(code) = code("+CMS ERROR") {
            return Some(Self::cms(code));
        }
        if let Some(code) = code("+CME ERROR") {
            return Some(Self::cme(code));
        }
        match line {
            "OK" => Some(Self::Ok),
            "ERROR" | "COMMAND NOT SUPPORT" | "TOO MANY PARAMETERS" => Some(Self::Error),
            _ => None,
        }
    }

    /// A modem that was left in ATV0 answers in numbers (V.250 §5.7.1). No answer is a lone 0 or 4.
    pub fn of_number(line: &str) -> Option<Self> {
        match line {
            "0" => Some(Self::Ok),
            "4" => Some(Self::Error),
            _ => None,
        }
    }

    /// The code after `+CMS ERROR:`, in digits or in words.
    pub fn cms(code: &str) -> Self {
        Self::Cms(code.parse().ok().or_else(|| look_up(&CMS_WORDS, code)))
    }

    /// The code after `+CME ERROR:`.
    pub fn cme(code: &str) -> Self {
        Self::Cme(code.parse().ok().or_else(|| look_up(&CME_WORDS, code)))
    }
}

fn look_up(table: &[(&str, u16)], words: &str) -> Option<u16> {
    let words = words.trim_matches('"').to_ascii_lowercase();
    table.iter().find(|(known, _)| *known == words).map(|(_, code)| *code)
}

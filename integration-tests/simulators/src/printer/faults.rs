//! The knobs a test turns.

use anyhow::{Context as _, bail};
use serde::Serialize;
use serde_json::Value;

use super::status::Sensors;

#[derive(Debug, Clone, Serialize)]
pub struct Faults {
    pub paper_out: bool,
    pub paper_near_end: bool,
    pub cover_open: bool,
    pub offline: bool,
    /// Paper speed; 0 prints in no time.
    pub pace_mm_s: u64,
    /// Consumption stops after this many bytes of a job (since the last cut) until `continue`.
    pub stop_after_bytes: Option<u64>,
    /// The link is reset after this many more bytes have been received; works once.
    pub cut_link_after_bytes: Option<u64>,
    pub refuse_connections: bool,
    /// Accepts and never reads.
    pub never_reads: bool,
    /// Every answer is this late.
    pub late_status_ms: u64,
    /// GS ( H: many clones do not know it and stay silent.
    pub process_id_supported: bool,
    /// GS ( L fn 64 and 67: as above.
    pub nv_graphics_supported: bool,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            paper_out: false,
            paper_near_end: false,
            cover_open: false,
            offline: false,
            pace_mm_s: 0,
            stop_after_bytes: None,
            cut_link_after_bytes: None,
            refuse_connections: false,
            never_reads: false,
            late_status_ms: 0,
            process_id_supported: true,
            nv_graphics_supported: true,
        }
    }
}

impl Faults {
    pub fn sensors(&self) -> Sensors {
        Sensors {
            paper_out: self.paper_out,
            paper_near_end: self.paper_near_end,
            cover_open: self.cover_open,
            offline: self.offline,
        }
    }

    pub fn set(&mut self, name: &str, value: &Value) -> anyhow::Result<()> {
        let switch = || value.as_bool().context("value must be true or false");
        let number = || value.as_u64().context("value must be a whole number");
        let limit = || if value.is_null() { Ok(None) } else { number().map(Some) };
        match name {
            "paper_out" => self.paper_out = switch()?,
            "paper_near_end" => self.paper_near_end = switch()?,
            "cover_open" => self.cover_open = switch()?,
            "offline" => self.offline = switch()?,
            "pace_mm_s" => self.pace_mm_s = number()?,
            "stop_after_bytes" => self.stop_after_bytes = limit()?,
            "cut_link_after_bytes" => self.cut_link_after_bytes = limit()?,
            "refuse_connections" => self.refuse_connections = switch()?,
            "never_reads" => self.never_reads = switch()?,
            "late_status_ms" => self.late_status_ms = number()?,
            "nv_graphics_supported" => self.nv_graphics_supported = switch()?,
            "process_id_supported" => self.process_id_supported = switch()?,
            _ => bail!("no fault is called {name:?}"),
        }
        Ok(())
    }
}

//! The fault knobs: `{"cmd":"fault","name":KNOB,"value":VALUE}`. A knob is a field of [`Knobs`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knobs {
    /// The next n final answers after Ctrl-Z are not sent, though the message was.
    pub swallow_answer: u32,
    /// The final answer after Ctrl-Z comes this much later.
    pub delay_answer_ms: u64,
    /// This unsolicited line comes before the prompt and again before the final answer of CMGS.
    pub urc_inside_cmgs: Option<String>,
    /// Output comes in pieces of n octets, 1 ms apart. 0 = whole.
    pub split_reads: usize,
    /// Octets 00 around every answer, as some modems send when they wake.
    pub nul_bytes: bool,
    /// Whether the modem echoes; ATE0 and ATE1 change it as well, until the next reset.
    pub echo: bool,
    /// Not registered: CREG 0,2, and CMGS answers +CMS ERROR: 331.
    pub no_network: bool,
    /// The next CMGS answers this code and sends nothing.
    pub cms_error: Option<u16>,
    /// A status report follows each submit that asked for one.
    pub auto_deliver: bool,
    /// TP-ST of those reports: 0 received, 0x20… still trying, 0x40… given up.
    pub deliver_status: u8,
    /// Those reports come this much after the final answer.
    pub deliver_after_ms: u64,
    /// `+CMGS: 0` whatever the reference.
    pub mr_always_zero: bool,
    /// The reference of the next submit; it counts on from there, modulo 256.
    pub next_mr: u8,
    /// `AT+CPIN?` takes this long.
    pub slow_cpin_ms: u64,
    /// A bare `AT` answers ERROR.
    pub bare_at_error: bool,
    /// CMGL of nothing answers +CMS ERROR: 321.
    pub empty_list_321: bool,
    /// The SIM wants this PIN, from now on and after each reset.
    pub sim_pin: Option<String>,
    /// The next n SMS commands answer +CMS ERROR: 515, as a SIM that is still being read does.
    pub sim_busy: u32,
    /// The <ds> values that CNMI takes.
    pub cnmi_ds: Vec<u8>,
    /// Signal strength of +CSQ, 0–31, 99 = unknown.
    pub csq: u8,
    /// Switched off: no answer to anything. Switching on is a reset.
    pub off: bool,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            swallow_answer: 0,
            delay_answer_ms: 0,
            urc_inside_cmgs: None,
            split_reads: 0,
            nul_bytes: false,
            echo: true,
            no_network: false,
            cms_error: None,
            auto_deliver: true,
            deliver_status: 0,
            deliver_after_ms: 0,
            mr_always_zero: false,
            next_mr: 1,
            slow_cpin_ms: 0,
            bare_at_error: false,
            empty_list_321: false,
            sim_pin: None,
            sim_busy: 0,
            cnmi_ds: vec![0, 1, 2],
            csq: 20,
            off: false,
        }
    }
}

impl Knobs {
    /// The knobs with one changed.
    pub fn with(&self, name: &str, value: Value) -> anyhow::Result<Self> {
        let mut all = serde_json::to_value(self)?;
        match all.get_mut(name) {
            Some(knob) => *knob = value,
            None => {
                let names: Vec<&String> = all.as_object().into_iter().flat_map(|all| all.keys()).collect();
                anyhow::bail!("no knob {name:?}; there are {names:?}");
            }
        }
        Ok(serde_json::from_value(all)?)
    }
}

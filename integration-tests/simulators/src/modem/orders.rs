//! The control socket of the modem: one variant an order, its fields the request's fields.

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use super::deliver::{self, Letter};
use super::{Modem, inbound};
use crate::{control, hex};

#[derive(Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    /// An SMS to the SIM's number.
    InjectSms(Inject),
    /// A PDU as it is, service centre in front, hex: also one that no decoder understands.
    InjectPdu {
        pdu: String,
    },
    /// What the network took, from the n-th Ctrl-Z on.
    Sent {
        #[serde(default)]
        from: u64,
    },
    /// A status report on the n-th submission, TP-ST `status`.
    Report {
        n: u64,
        #[serde(default)]
        status: u8,
    },
    Fault {
        name: String,
        value: Value,
    },
    Faults,
    /// Any unsolicited line.
    Urc {
        line: String,
    },
    /// Stop after each Ctrl-Z, until `continue`.
    HoldAfterCtrlZ {
        value: bool,
    },
    Continue,
    /// Restart without an answer: now when a message is on its way, else at the next Ctrl-Z. It is not sent.
    ResetMidSend,
    SetTime {
        unix: i64,
        #[serde(default = "china")]
        offset_quarters: i8,
    },
    Unplug,
    Replug,
    State,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inject {
    from: String,
    text: String,
    #[serde(default)]
    ucs2: bool,
    #[serde(default)]
    wide_ref: bool,
    /// Which parts arrive, in this order, counted from 1; all when left out.
    parts: Option<Vec<usize>>,
}

fn china() -> i8 {
    32
}

impl Modem {
    pub fn obey(&mut self, request: &Value) -> anyhow::Result<Value> {
        match Order::deserialize(request)? {
            Order::InjectSms(inject) => return self.inject(&inject),
            Order::InjectPdu { pdu } => {
                let pdu = hex::bytes(&pdu).context("pdu: not pairs of hex digits")?;
                ensure!(self.network.hand_in_pdu(pdu), "{} messages wait already", inbound::MAX_WAITING);
                self.receive();
            }
            Order::Sent { from } => {
                return Ok(json!({ "sent": self.sending.sent(from).collect::<Vec<_>>() }));
            }
            Order::Report { n, status } => {
                ensure!(self.report(n, status), "no submission {n}");
                self.receive();
            }
            Order::Fault { name, value } => self.turn(&name, value)?,
            Order::Faults => return Ok(serde_json::to_value(&self.knobs)?),
            Order::Urc { line } => self.unsolicited(line),
            Order::HoldAfterCtrlZ { value } => self.sending.hold = value,
            Order::Continue => ensure!(self.go_on(), "nothing is held"),
            Order::ResetMidSend if self.is_mid_send() => self.reset(),
            Order::ResetMidSend => self.sending.reset_at_ctrl_z = true,
            Order::SetTime { unix, offset_quarters } => {
                ensure!(offset_quarters.unsigned_abs() <= 79, "offset_quarters: -79 to 79");
                self.clock.set(unix, offset_quarters);
            }
            Order::Unplug => {
                self.port.take().context("already unplugged")?.unplug()?;
                self.power_cycle();
                self.events.push("unplugged", Value::Null);
            }
            Order::Replug => {
                ensure!(self.port.is_none(), "still plugged in");
                self.plug()?;
                self.events.push("replugged", json!({ "plug": self.plugs }));
                self.receive();
            }
            Order::State => return Ok(self.state()),
        }
        Ok(control::ok())
    }

    fn inject(&mut self, inject: &Inject) -> anyhow::Result<Value> {
        let letter = Letter {
            from: &inject.from,
            text: &inject.text,
            force_ucs2: inject.ucs2,
            wide_reference: inject.wide_ref,
            reference: self.network.next_reference,
            scts: self.clock.now(),
        };
        let tpdus = deliver::encode(&letter).map_err(anyhow::Error::msg)?;
        self.network.next_reference = self.network.next_reference.wrapping_add(1);
        let wanted = inject.parts.clone().unwrap_or_else(|| (1..=tpdus.len()).collect());
        for part in wanted {
            let tpdu = part.checked_sub(1).and_then(|at| tpdus.get(at)).context("parts: no such part")?;
            ensure!(self.network.hand_in(tpdu), "{} messages wait already", inbound::MAX_WAITING);
        }
        self.receive();
        Ok(json!({ "ok": true, "parts": tpdus.len() }))
    }

    fn turn(&mut self, name: &str, value: Value) -> anyhow::Result<()> {
        self.knobs = self.knobs.with(name, value)?;
        match name {
            "echo" => self.settings.echo = self.knobs.echo,
            "sim_pin" => self.sim.lock(self.knobs.sim_pin.clone()),
            "no_network" => self.tell_registration(),
            // Off and on again is a cold start; it says so only when it is on.
            "off" if self.knobs.off => self.power_cycle(),
            "off" => self.reset(),
            _ => {}
        }
        self.receive();
        Ok(())
    }

    fn state(&self) -> Value {
        json!({
            "used": self.sim.used(),
            "total": self.sim.total(),
            "waiting": self.network.waiting(),
            "pin": self.sim.state(),
            "pin_attempts_left": self.sim.attempts_left,
            "registered": self.registered(),
            "plugged": self.port.is_some(),
            "echo": self.settings.echo,
            "cmgf": self.settings.cmgf,
            "csms": self.settings.csms,
            "cnmi": self.settings.cnmi,
        })
    }
}

//! The commands of 27.005, PDU mode.

use std::str::FromStr;

use serde_json::json;

use super::Modem;
use super::answer::{
    INVALID_INDEX, INVALID_PDU, MEMORY_FAILURE, NO_ACK_EXPECTED, NOT_SUPPORTED, Refusal, SIM_BUSY,
    SMS_PIN_REQUIRED, SMS_PUK_REQUIRED,
};
use super::dialogue::{Done, Outcome};
use super::sim::Stored;
use super::syntax::Ask;
use crate::hex;

/// A TPDU has at most 164 octets: 23.040 gives 140 to the text, 24 are more than any header takes.
const MAX_TPDU_OCTETS: usize = 164;

/// The n-th parameter; `left_out` when it is empty or missing.
pub fn parameter<T: FromStr>(set: &[String], n: usize, left_out: T) -> Result<T, Refusal> {
    match set.get(n).map_or("", String::as_str) {
        "" => Ok(left_out),
        text => text.parse().map_err(|_| Refusal::Error),
    }
}

impl Modem {
    /// `None` when the name is not of 27.005.
    pub fn sms_command(&mut self, name: &str, ask: &Ask, lines: &mut Vec<String>) -> Option<Outcome> {
        let command = match name {
            "+CMGF" => Self::cmgf,
            "+CSMS" => Self::csms,
            "+CPMS" => Self::cpms,
            "+CNMI" => Self::cnmi,
            "+CSCA" => Self::csca,
            "+CMMS" => Self::cmms,
            "+CNMA" => Self::cnma,
            "+CMGS" => Self::cmgs,
            "+CMGL" => Self::cmgl,
            "+CMGR" => Self::cmgr,
            "+CMGD" => Self::cmgd,
            _ => return None,
        };
        if self.sim.locked() && name != "+CMGF" {
            let blocked = self.sim.blocked();
            return Some(Err(if blocked { SMS_PUK_REQUIRED } else { SMS_PIN_REQUIRED }));
        }
        if self.knobs.sim_busy > 0 {
            self.knobs.sim_busy -= 1;
            return Some(Err(SIM_BUSY));
        }
        Some(command(self, ask, lines))
    }

    fn cmgf(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        match ask {
            Ask::Read => lines.push(format!("+CMGF: {}", self.settings.cmgf)),
            Ask::Test => lines.push("+CMGF: (0,1)".into()),
            Ask::Execute => self.settings.cmgf = 0,
            Ask::Set(set) => match parameter(set, 0, 0)? {
                format @ 0..=1 => self.settings.cmgf = format,
                _ => return Err(Refusal::Error),
            },
        }
        Ok(Done::Now)
    }

    fn csms(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        match ask {
            Ask::Read => lines.push(format!("+CSMS: {},1,1,1", self.settings.csms)),
            Ask::Test => lines.push("+CSMS: (0,1)".into()),
            Ask::Execute => return Err(Refusal::Error),
            Ask::Set(set) => match parameter(set, 0, 0)? {
                service @ 0..=1 => {
                    self.settings.csms = service;
                    lines.push("+CSMS: 1,1,1".into());
                }
                _ => return Err(NOT_SUPPORTED),
            },
        }
        Ok(Done::Now)
    }

    fn cpms(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        let (used, total) = (self.sim.used(), self.sim.total());
        match ask {
            Ask::Read => {
                let memory = format!("\"SM\",{used},{total}");
                lines.push(format!("+CPMS: {memory},{memory},{memory}"));
            }
            Ask::Test => lines.push("+CPMS: (\"SM\"),(\"SM\"),(\"SM\")".into()),
            Ask::Execute => return Err(Refusal::Error),
            Ask::Set(set) if set.len() <= 3 && set.iter().all(|memory| memory == "SM") => {
                lines.push(format!("+CPMS: {used},{total},{used},{total},{used},{total}"));
            }
            Ask::Set(_) => return Err(MEMORY_FAILURE),
        }
        Ok(Done::Now)
    }

    fn cnmi(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        let listed = |values: &[u8]| values.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
        match ask {
            Ask::Read => lines.push(format!("+CNMI: {}", listed(&self.settings.cnmi))),
            Ask::Test => {
                let ds = listed(&self.knobs.cnmi_ds);
                lines.push(format!("+CNMI: (0,1,2),(0,1,2,3),(0),({ds}),(0,1)"));
            }
            Ask::Execute => self.settings.cnmi = [0; 5],
            Ask::Set(set) => {
                let mut wanted = [0; 5];
                for (n, value) in wanted.iter_mut().enumerate() {
                    *value = parameter(set, n, 0)?;
                }
                let [mode, mt, bm, ds, bfr] = wanted;
                let known = mode <= 2 && mt <= 3 && bm == 0 && self.knobs.cnmi_ds.contains(&ds) && bfr <= 1;
                if set.len() > 5 || !known {
                    return Err(NOT_SUPPORTED);
                }
                self.settings.cnmi = wanted;
            }
        }
        Ok(Done::Now)
    }

    fn csca(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        match ask {
            Ask::Read => {
                let centre = &self.network.centre;
                let kind = if centre.starts_with('+') { 145 } else { 129 };
                lines.push(format!("+CSCA: \"{centre}\",{kind}"));
            }
            Ask::Test => {}
            Ask::Execute => return Err(Refusal::Error),
            Ask::Set(set) => self.network.centre = parameter(set, 0, String::new())?,
        }
        Ok(Done::Now)
    }

    fn cmms(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        match ask {
            Ask::Read => lines.push(format!("+CMMS: {}", self.settings.cmms)),
            Ask::Test => lines.push("+CMMS: (0-2)".into()),
            Ask::Execute => return Err(Refusal::Error),
            Ask::Set(set) => match parameter(set, 0, 0)? {
                more @ 0..=2 => self.settings.cmms = more,
                _ => return Err(Refusal::Error),
            },
        }
        Ok(Done::Now)
    }

    fn cnma(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        let received = match ask {
            Ask::Test => {
                lines.push("+CNMA: (0-2)".into());
                return Ok(Done::Now);
            }
            Ask::Read => return Err(Refusal::Error),
            Ask::Execute => true,
            Ask::Set(set) => match parameter(set, 0, 0)? {
                0 | 1 => true,
                2 => false,
                _ => return Err(Refusal::Error),
            },
        };
        if self.acknowledge(received) { Ok(Done::Now) } else { Err(NO_ACK_EXPECTED) }
    }

    fn cmgs(&mut self, ask: &Ask, _: &mut Vec<String>) -> Outcome {
        match ask {
            Ask::Test => Ok(Done::Now),
            Ask::Set(set) => match parameter(set, 0, 0)? {
                tpdu_octets @ 1..=MAX_TPDU_OCTETS => Ok(Done::Prompt(tpdu_octets)),
                _ => Err(INVALID_PDU),
            },
            Ask::Read | Ask::Execute => Err(Refusal::Error),
        }
    }

    /// <stat> 0 = received unread, 1 = received read, 4 = all; nothing is ever 2 or 3 (stored to be sent).
    fn cmgl(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        let stat = match ask {
            Ask::Execute => 0,
            Ask::Set(set) => parameter(set, 0, 0)?,
            Ask::Test => {
                lines.push("+CMGL: (0-4)".into());
                return Ok(Done::Now);
            }
            Ask::Read => return Err(Refusal::Error),
        };
        if stat > 4 {
            return Err(Refusal::Error);
        }
        let before = lines.len();
        for (index, stored) in self.sim.messages() {
            if stat == 4 || stat == u8::from(stored.read) {
                lines.push(format!("+CMGL: {index},{}", show(stored)));
            }
        }
        if lines.len() == before && self.knobs.empty_list_321 { Err(INVALID_INDEX) } else { Ok(Done::Now) }
    }

    fn cmgr(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        match ask {
            Ask::Test => {}
            Ask::Set(set) => {
                let stored = self.sim.message(parameter(set, 0, 0)?).ok_or(INVALID_INDEX)?;
                lines.push(format!("+CMGR: {}", show(stored)));
            }
            Ask::Read | Ask::Execute => return Err(Refusal::Error),
        }
        Ok(Done::Now)
    }

    /// <delflag> 1–3 delete what was read (nothing here is stored to be sent), 4 everything.
    fn cmgd(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        let set = match ask {
            Ask::Test => {
                let taken: Vec<String> = self.sim.messages().map(|(index, _)| index.to_string()).collect();
                lines.push(format!("+CMGD: ({}),(0-4)", taken.join(",")));
                return Ok(Done::Now);
            }
            Ask::Set(set) => set,
            Ask::Read | Ask::Execute => return Err(Refusal::Error),
        };
        let index: usize = parameter(set, 0, 0)?;
        let deleted = match parameter(set, 1, 0)? {
            0 if self.sim.is_place(index) => self.sim.delete(|at, _| at == index),
            0 => return Err(INVALID_INDEX),
            1..=3 => self.sim.delete(|_, stored| stored.read),
            4 => self.sim.delete(|_, _| true),
            _ => return Err(Refusal::Error),
        };
        for index in deleted {
            self.events.push("deleted", json!({ "index": index, "used": self.sim.used() }));
        }
        Ok(Done::Now)
    }
}

/// `stat,[alpha],length` and the PDU on the next line; shown is read.
fn show(stored: &mut Stored) -> String {
    let stat = u8::from(std::mem::replace(&mut stored.read, true));
    format!("{stat},,{}\r\n{}", stored.tpdu_octets(), hex::upper(&stored.pdu))
}

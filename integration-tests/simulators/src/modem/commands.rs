//! The commands of V.250 and 27.007.

use std::time::Duration;

use super::Modem;
use super::answer::{NOT_ALLOWED, PIN_REQUIRED, PUK_REQUIRED, Refusal, WRONG_PASSWORD};
use super::dialogue::{Done, Outcome};
use super::sms_commands::parameter;
use super::syntax::Ask;

const MANUFACTURER: &str = "Chit";
const MODEL: &str = "SIM-MODEM 1";
const REVISION: &str = "1.0";
/// IMEI, IMSI, ICCID: test ranges (TAC 00101…, PLMN 001 01).
const IMEI: &str = "001010123456785";
const IMSI: &str = "001010123456789";
const ICCID: &str = "8986010123456789012";

impl Modem {
    pub fn basic(&mut self, letter: &str, number: u32) -> Outcome {
        match (letter, number) {
            ("E", 0 | 1) => self.settings.echo = number == 1,
            ("Z", 0) | ("&F", 0) => {
                let cfun = self.settings.cfun;
                self.settings = super::Settings::at_power_up(&self.knobs);
                self.settings.cfun = cfun;
            }
            ("V", 1) | ("Q", 0) | ("X" | "S" | "&C" | "&D" | "&K", _) => {}
            _ => return Err(Refusal::Error),
        }
        Ok(Done::Now)
    }

    pub fn general_command(&mut self, name: &str, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        match name {
            "+CPIN" => return self.cpin(ask, lines),
            "+CPINR" => return self.cpinr(ask, lines),
            "+CFUN" => return self.cfun(ask, lines),
            "+CMEE" => return self.cmee(ask, lines),
            "+CREG" => return self.creg(ask, lines),
            _ => {}
        }
        if self.sim.locked() && matches!(name, "+COPS" | "+CIMI") {
            return Err(if self.sim.blocked() { PUK_REQUIRED } else { PIN_REQUIRED });
        }
        match (name, ask) {
            ("+COPS", _) => return self.cops(ask, lines),
            ("+CSQ", Ask::Execute) => {
                let strength = if self.knobs.no_network { 99 } else { self.knobs.csq };
                lines.push(format!("+CSQ: {strength},99"));
            }
            ("+CGMI", Ask::Execute) => lines.push(MANUFACTURER.into()),
            ("+CGMM", Ask::Execute) => lines.push(MODEL.into()),
            ("+CGMR", Ask::Execute) => lines.push(REVISION.into()),
            ("+CGSN", Ask::Execute) => lines.push(IMEI.into()),
            ("+CIMI", Ask::Execute) => lines.push(IMSI.into()),
            // Not in 27.007; the two names modems use.
            ("+CCID" | "+ICCID", Ask::Execute | Ask::Read) => lines.push(format!("{name}: {ICCID}")),
            ("+CSQ" | "+CGMI" | "+CGMM" | "+CGMR" | "+CGSN" | "+CIMI" | "+CCID" | "+ICCID", Ask::Test) => {}
            _ => return Err(Refusal::Error),
        }
        Ok(Done::Now)
    }

    fn cpin(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        match ask {
            Ask::Read => {
                lines.push(format!("+CPIN: {}", self.sim.state()));
                if self.knobs.slow_cpin_ms > 0 {
                    return Ok(Done::After(Duration::from_millis(self.knobs.slow_cpin_ms)));
                }
            }
            Ask::Test => {}
            Ask::Execute => return Err(Refusal::Error),
            Ask::Set(_) if !self.sim.locked() => return Err(NOT_ALLOWED),
            Ask::Set(_) if self.sim.blocked() => return Err(PUK_REQUIRED),
            Ask::Set(set) => {
                let right = set.first().is_some_and(|pin| self.sim.unlock(pin));
                let left = self.sim.attempts_left;
                self.events.push("pin_entered", serde_json::json!({ "right": right, "attempts_left": left }));
                if !right {
                    return Err(WRONG_PASSWORD);
                }
                self.tell_registration();
            }
        }
        Ok(Done::Now)
    }

    fn cpinr(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        let wants_pin = match ask {
            Ask::Execute => true,
            Ask::Set(set) => set.first().is_some_and(|code| code == "SIM PIN"),
            Ask::Test => return Ok(Done::Now),
            Ask::Read => false,
        };
        if !wants_pin {
            return Err(Refusal::Error);
        }
        lines.push(format!("+CPINR: SIM PIN,{},3", self.sim.attempts_left));
        Ok(Done::Now)
    }

    fn cfun(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        match ask {
            Ask::Read => lines.push(format!("+CFUN: {}", self.settings.cfun)),
            Ask::Test => lines.push("+CFUN: (0,1,4),(0,1)".into()),
            Ask::Execute => return Err(Refusal::Error),
            Ask::Set(set) => {
                let level = parameter(set, 0, 1)?;
                if !matches!(level, 0 | 1 | 4) {
                    return Err(Refusal::Error);
                }
                if parameter(set, 1, 0)? == 1 {
                    return Ok(Done::Reboot);
                }
                self.settings.cfun = level;
                self.tell_registration();
            }
        }
        Ok(Done::Now)
    }

    fn cmee(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        match ask {
            Ask::Read => lines.push(format!("+CMEE: {}", self.settings.cmee)),
            Ask::Test => lines.push("+CMEE: (0-2)".into()),
            Ask::Execute => self.settings.cmee = 0,
            Ask::Set(set) => match parameter(set, 0, 0)? {
                format @ 0..=2 => self.settings.cmee = format,
                _ => return Err(Refusal::Error),
            },
        }
        Ok(Done::Now)
    }

    fn creg(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        match ask {
            Ask::Read => lines.push(format!("+CREG: {},{}", self.settings.creg, self.registration())),
            Ask::Test => lines.push("+CREG: (0,1)".into()),
            Ask::Execute => self.settings.creg = 0,
            Ask::Set(set) => match parameter(set, 0, 0)? {
                n @ 0..=1 => self.settings.creg = n,
                _ => return Err(Refusal::Error),
            },
        }
        Ok(Done::Now)
    }

    fn cops(&mut self, ask: &Ask, lines: &mut Vec<String>) -> Outcome {
        match ask {
            Ask::Read if !self.registered() => lines.push("+COPS: 0".into()),
            Ask::Read => {
                let format = self.settings.cops_format;
                let operator = ["CHIT TEST NET", "CHIT", "00101"][usize::from(format)];
                lines.push(format!("+COPS: 0,{format},\"{operator}\""));
            }
            Ask::Test => lines.push("+COPS: (2,\"CHIT TEST NET\",\"CHIT\",\"00101\"),,(0,3),(0-2)".into()),
            Ask::Execute => return Err(Refusal::Error),
            Ask::Set(set) => match (parameter(set, 0, 0)?, parameter(set, 1, 0)?) {
                (0, _) => {}
                (3, format @ 0..=2) => self.settings.cops_format = format,
                _ => return Err(Refusal::Error),
            },
        }
        Ok(Done::Now)
    }

    /// <stat> of +CREG: 0 = not searching, 1 = home network, 2 = searching.
    fn registration(&self) -> u8 {
        match (self.registered(), self.settings.cfun) {
            (true, _) => 1,
            (false, 1) if !self.sim.locked() => 2,
            (false, _) => 0,
        }
    }

    pub fn tell_registration(&mut self) {
        if self.settings.creg == 1 {
            self.unsolicited(format!("+CREG: {}", self.registration()));
        }
    }
}

//! Who may send, to where, and how much: this is no open relay.

use crate::config::Config;
use crate::domain::phone::PhoneE164;
use crate::domain::rate::{Caps, Past};
use chit_runtime::error::{retry_after, status};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tonic::{Code, Status};

/// Of the cap per client.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(1);
const ROOT: u32 = 0;

pub struct Senders {
    own_uid: u32,
    send_uids: Vec<u32>,
    countries: Vec<String>,
    caps: Caps,
    past: Mutex<HashMap<u32, Past>>,
}

impl Senders {
    /// `recent`: who queued what in the last window.
    pub fn new(config: &Config, recent: Vec<(u32, Timestamp)>) -> Self {
        let mut past: HashMap<u32, Past> = HashMap::new();
        for (client, at) in recent {
            past.entry(client).or_default().record(at);
        }
        Self {
            own_uid: rustix::process::geteuid().as_raw(),
            send_uids: config.send_uids.clone(),
            countries: config.countries.clone(),
            caps: Caps { per_hour: config.max_per_client_hour, ..Caps::default() },
            past: Mutex::new(past),
        }
    }

    /// The caller's uid. The socket has let them in; that alone lets them read.
    pub fn check(&self, uid: Option<u32>) -> Result<u32, Status> {
        match uid {
            Some(uid) if uid == self.own_uid || uid == ROOT || self.send_uids.contains(&uid) => Ok(uid),
            _ => {
                let message =
                    "this user may read, not send; add it to send_uids in [sms-gateway] if it should";
                Err(status(Code::PermissionDenied, "SENDER_REFUSED", message))
            }
        }
    }

    pub fn check_country(&self, to: &PhoneE164) -> Result<(), Status> {
        if self.countries.is_empty() || self.countries.iter().any(|code| to.digits().starts_with(code)) {
            return Ok(());
        }
        let message = "numbers of this country are not written to; see countries in [sms-gateway]";
        Err(status(Code::PermissionDenied, "COUNTRY_REFUSED", message))
    }

    /// A loop in a caller must not spend the SIM's contract.
    pub fn check_rate(&self, client: u32, now: Timestamp) -> Result<(), Status> {
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = past.get(&client).and_then(|past| past.full_until(self.caps, now)) else {
            return Ok(());
        };
        let message = "this user has queued its messages of this hour (max_per_client_hour)";
        let wait = until.duration_since(now).unsigned_abs();
        Err(retry_after(Code::ResourceExhausted, "CLIENT_RATE", message, wait))
    }

    pub fn record(&self, client: u32, at: Timestamp) {
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        past.entry(client).or_default().record(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_users_that_are_named_may_send() {
        let config = Config { send_uids: vec![4001], ..Config::default() };
        let senders = Senders::new(&config, Vec::new());
        let reader = senders.own_uid + 4002;
        assert_eq!(senders.check(Some(4001)).unwrap(), 4001);
        assert!(senders.check(Some(senders.own_uid)).is_ok());
        for stranger in [Some(reader), None] {
            let refused = senders.check(stranger).unwrap_err();
            assert_eq!(chit_runtime::error::reason_of(&refused).as_deref(), Some("SENDER_REFUSED"));
        }
    }

    #[test]
    fn a_country_is_allowed_by_its_calling_code_and_a_client_has_its_hour() {
        let config = Config { max_per_client_hour: 1, ..Config::default() };
        let now = Timestamp::UNIX_EPOCH;
        let senders = Senders::new(&config, vec![(1, now)]);
        assert!(senders.check_country(&PhoneE164::parse("+8613800138000").unwrap()).is_ok());
        assert!(senders.check_country(&PhoneE164::parse("+4915112345678").unwrap()).is_err());
        assert!(senders.check_rate(1, now).is_err(), "what was queued before a restart counts");
        assert!(senders.check_rate(2, now).is_ok());
        assert!(senders.check_rate(1, now + WINDOW).is_ok());
    }
}

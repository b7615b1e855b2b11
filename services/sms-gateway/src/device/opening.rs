//! From nothing to a modem that answers: by its port, or by its IMEI at another one.

use super::asking;
use super::identity;
use super::ladder::{self, Ladder, Rung};
use super::link::{Link, LinkError};
use super::serial::SerialPort;
use crate::config::{Reset, Way};
use std::io;

pub struct Opening {
    port: SerialPort,
    imei: Option<String>,
    reset: Reset,
    ladder: Ladder,
}

/// Why there is no link.
pub struct Unopened {
    pub error: LinkError,
    /// It was silent through everything that helps: a person must look.
    pub given_up: bool,
}

impl From<LinkError> for Unopened {
    fn from(error: LinkError) -> Self {
        Self { error, given_up: false }
    }
}

impl Opening {
    pub fn of(way: &Way) -> Self {
        Self {
            port: SerialPort::new(way.port.clone(), way.baud, way.ports_dir.clone()),
            imei: way.imei.clone(),
            reset: way.reset,
            ladder: Ladder::default(),
        }
    }

    /// By the configured port; if that is gone, or another modem is there, by the modem's IMEI. Has answered then.
    pub async fn open(&mut self, modem: &str) -> Result<Link, Unopened> {
        let missing = match self.port.open() {
            Ok(port) => {
                let mut link = Link::new(port);
                if let Err(error) = asking::first_answer(&mut link).await {
                    let given_up = matches!(error, LinkError::Timeout) && self.climb(&mut link).await;
                    return Err(Unopened { error, given_up });
                }
                self.ladder.answered();
                if self.is_the_one(&mut link, true).await? {
                    return Ok(link);
                }
                tracing::warn!(modem, "another modem is at its port");
                LinkError::Disconnected(io::ErrorKind::NotFound.into())
            }
            Err(error) => LinkError::Disconnected(error),
        };
        if self.imei.is_none() {
            return Err(missing.into());
        }
        for path in self.port.others() {
            let Ok(port) = self.port.open_at(&path) else { continue };
            let mut link = Link::new(port);
            let answers = asking::first_answer(&mut link).await.is_ok();
            if answers && self.is_the_one(&mut link, false).await.unwrap_or(false) {
                tracing::info!(port = %path.display(), "the modem is at another port");
                self.ladder.answered();
                return Ok(link);
            }
        }
        Err(missing.into())
    }

    /// By its IMEI, if that is configured. `silent`: what a modem that does not say counts as.
    async fn is_the_one(&self, link: &mut Link, silent: bool) -> Result<bool, LinkError> {
        let Some(imei) = &self.imei else { return Ok(true) };
        let found = identity::imei(link).await?;
        Ok(if found.is_empty() { silent } else { found == *imei })
    }

    /// True on the last rung.
    async fn climb(&mut self, link: &mut Link) -> bool {
        match self.ladder.silent(self.reset) {
            Rung::Reopen => {}
            Rung::Reset => ladder::restart(link).await,
            Rung::Failed => return true,
        }
        false
    }
}

//! `AT+CMMS` (27.005 §3.5.6): the radio link stays open between messages while more than one waits.

use super::courier::Courier;
use super::failure::Failure;
use super::link::{Link, LinkError};
use super::setup;

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum RadioLink {
    #[default]
    ByItself,
    Held,
    /// The modem does not know the command.
    Unsupported,
}

impl RadioLink {
    pub async fn hold(&mut self, link: &mut Link, courier: &Courier) -> Result<(), Failure> {
        if *self == Self::ByItself && courier.store.run(crate::store::Store::counts).await?.waiting > 1 {
            let known = setup::more_to_send(link, true).await?;
            *self = if known { Self::Held } else { Self::Unsupported };
        }
        Ok(())
    }

    pub async fn release(&mut self, link: &mut Link) -> Result<(), LinkError> {
        if *self == Self::Held {
            let known = setup::more_to_send(link, false).await?;
            *self = if known { Self::ByItself } else { Self::Unsupported };
        }
        Ok(())
    }
}

//! The post of a few payers who always answer, and answer right.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chit_proto::sms_gateway::v1::MessageClass;

use crate::counter::{Counter, Payer, row_asked};
use crate::far::World;
use crate::far::sms::Shown;

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct Post {
    world: World,
}

impl Post {
    pub fn new(world: World) -> Self {
        Self { world }
    }

    /// Answers the next challenge to this payer; checkout has heard it when this returns.
    pub async fn answer(&self, payer: &Payer) -> anyhow::Result<()> {
        let begin = Instant::now();
        let row = loop {
            let asks = |shown: &Shown| shown.class == MessageClass::Challenge;
            let unread = self.world.sms.read_of(&payer.phone);
            if let Some(row) =
                unread.iter().filter(|shown| asks(shown)).find_map(|shown| row_asked(&shown.text))
            {
                break row;
            }
            ensure!(begin.elapsed() < PATIENCE, "no challenge comes to a payer");
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        let code = payer.card.get(row - 1).context("a row that is not on the card")?;
        let acked = self.world.sms.write(&payer.phone, code);
        tokio::time::timeout(PATIENCE, acked).await.context("the reply is not acknowledged")??;
        Ok(())
    }

    /// ACTIVE payers: enrolled, and the first challenge answered.
    pub async fn enrol(&self, counter: &mut Counter, count: usize, from: u32) -> anyhow::Result<Vec<Payer>> {
        let mut payers = Vec::with_capacity(count);
        for n in (from..).take(count) {
            let payer = counter.enrol(&format!("Payer {n}"), &phone(n), "en").await?;
            self.answer(&payer).await?;
            payers.push(payer);
        }
        Ok(payers)
    }
}

/// Numbers that nobody has: China Mobile's 138, then eight digits.
pub fn phone(n: u32) -> String {
    format!("+86138{n:08}")
}

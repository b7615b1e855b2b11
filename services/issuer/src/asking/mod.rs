//! The issuer's own word to the payer before it collects. A right row for which something is to be paid becomes an *ask*: a text by
//! the issuer's own SMS gateway that names shop and sum, and a number that only this text has. Sent back, it is the payer's consent to
//! that sum; the shop sees neither. Nothing here runs by a clock: the shop asks for its verdict again and again, and each time what
//! is due of the ask is done.

mod hearing;
mod route;

use std::sync::Arc;

use chit_runtime::{Clock, failpoint};
use chit_verdict::{Claim, Outcome, Verdict};

pub use hearing::listen;
use route::{Left, Route, Sent};

use crate::config::{Config, Shops};
use crate::domain::{Ask, AskText, Holder, Number, ask_text};
use crate::keys::Keys;
use crate::store::{Draft, Request, Result, Store, StoreError};

const HOUR_MS: i64 = 3_600_000;

pub struct Asking {
    store: Arc<Store>,
    keys: Arc<Keys>,
    shops: Shops,
    name: String,
    agree_ms: i64,
    clock: Clock,
    route: Route,
}

/// An ask of a request, before it is known whether its row is right.
#[derive(Clone)]
pub struct Begun {
    id: [u8; 16],
    fingerprint: [u8; 32],
    request_id: [u8; 16],
    number: Number,
    now_ms: i64,
}

impl Begun {
    /// A retry asks about the same.
    pub fn id(&self) -> [u8; 16] {
        self.id
    }

    fn about(self, claim: Claim) -> Ask {
        Ask {
            id: self.id,
            fingerprint: self.fingerprint,
            request_id: self.request_id,
            claim,
            number: self.number,
            wrong: 0,
            handed: false,
            asked_ms: self.now_ms,
        }
    }
}

impl Asking {
    /// None where the issuer has no gateway.
    pub fn of(
        config: &Config,
        store: &Arc<Store>,
        keys: &Arc<Keys>,
        clock: &Clock,
    ) -> anyhow::Result<Option<Arc<Self>>> {
        let Some(socket) = &config.sms_socket else { return Ok(None) };
        let agree_ms = i64::from(config.agree_hours) * HOUR_MS;
        Ok(Some(Arc::new(Self {
            store: store.clone(),
            keys: keys.clone(),
            shops: config.shops()?,
            name: config.name.clone(),
            agree_ms,
            clock: clock.clone(),
            route: Route::to(socket)?,
        })))
    }

    pub fn begin(&self, request: &Request) -> Result<Begun> {
        let random = getrandom::u64().map_err(|_error| StoreError::NoRandom)?;
        Ok(Begun {
            id: self.store.request_key(request),
            fingerprint: request.fingerprint,
            request_id: request.id,
            number: Number::from_random(random),
            now_ms: request.now_ms,
        })
    }

    /// In the transaction that finds the row right. A sum that cannot be named is refused here, before the row is used.
    pub fn put(&self, draft: &Draft<'_>, begun: Begun, claim: Claim, holder: &Holder) -> Result<()> {
        let ask = begun.about(claim);
        self.text(&ask, holder)?;
        draft.put_ask(&ask, holder)
    }

    /// Does what is due of an ask. None: the payer has not said anything yet.
    pub async fn follow(self: &Arc<Self>, id: [u8; 16]) -> Result<Option<Vec<u8>>> {
        match self.write(move |asking, draft| asking.due(draft, &id)).await? {
            Due::Ended(verdict) => return Ok(Some(verdict)),
            Due::Nothing => return Ok(None),
            Due::Send(due) => {
                let (ask, holder) = *due;
                let text = self.text(&ask, &holder)?;
                match self.route.send(&ask.id, &holder.phone, &text, ask.asked_ms + self.agree_ms).await {
                    Sent::Taken => {
                        failpoint("issuer/ask/handed");
                        self.write(move |_, draft| handed(draft, &id)).await?;
                        return Ok(None);
                    }
                    Sent::Away => return Ok(None),
                    // Nobody can be asked at this number; the gateway's people see why.
                    Sent::Refused => {}
                }
            }
            Due::LookUp => match self.route.look_up(&id).await {
                Left::Away => return Ok(None),
                Left::At(left_ms) if self.now_ms() < left_ms + self.agree_ms => return Ok(None),
                Left::At(_) | Left::Never => {}
            },
        }
        self.write(move |asking, draft| asking.give_up(draft, &id)).await.map(Some)
    }

    fn due(&self, draft: &Draft<'_>, id: &[u8; 16]) -> Result<Due> {
        let Some(ask) = draft.ask(id)? else { return draft.verdict_of(id).map(Due::Ended) };
        let (card, holder) = draft.card_of(&ask)?;
        if card.lost {
            return self.end(draft, &ask, &holder, Outcome::Lost).map(Due::Ended);
        }
        Ok(if !ask.handed {
            Due::Send(Box::new((ask, holder)))
        } else if self.now_ms() >= ask.asked_ms + self.agree_ms {
            Due::LookUp
        } else {
            Due::Nothing
        })
    }

    fn give_up(&self, draft: &Draft<'_>, id: &[u8; 16]) -> Result<Vec<u8>> {
        // The payer may have answered meanwhile.
        let Some(ask) = draft.ask(id)? else { return draft.verdict_of(id) };
        let (_, holder) = draft.card_of(&ask)?;
        self.end(draft, &ask, &holder, Outcome::NotAgreed)
    }

    /// Returns the verdict.
    fn end(&self, draft: &Draft<'_>, ask: &Ask, holder: &Holder, outcome: Outcome) -> Result<Vec<u8>> {
        let verdict = Verdict {
            outcome,
            request_id: ask.request_id,
            judged_unix_ms: self.now_ms(),
            claim: ask.claim.clone(),
        };
        let signed = verdict.sign(&self.keys.verdict);
        draft.end_ask(ask, holder, signed.clone())?;
        Ok(signed)
    }

    fn text(&self, ask: &Ask, holder: &Holder) -> Result<AskText> {
        let name = &ask.claim.shop;
        let shop = self.shops.get(name).map_or(name.as_str(), |shop| shop.called.as_str());
        Ok(ask_text(holder, &self.name, shop, &ask.claim, ask.number)?)
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self, &Draft<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let asking = Arc::clone(self);
        let done =
            tokio::task::spawn_blocking(move || asking.store.write(|draft| work(&asking, draft))).await;
        done.unwrap_or(Err(StoreError::Stopping))
    }
}

/// What is due of an ask.
enum Due {
    /// It ended; here is its verdict.
    Ended(Vec<u8>),
    Send(Box<(Ask, Holder)>),
    /// Its hours may be over: the gateway knows when the text left.
    LookUp,
    Nothing,
}

fn handed(draft: &Draft<'_>, id: &[u8; 16]) -> Result<()> {
    let Some(mut ask) = draft.ask(id)? else { return Ok(()) };
    let (_, holder) = draft.card_of(&ask)?;
    ask.handed = true;
    draft.put_ask(&ask, &holder)
}

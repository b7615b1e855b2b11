//! An issuer at the far end of the socket: row `n` of its only card is `100000 + n`. It may be away, and it may forge.

use std::io::Read as _;
use std::iter;

use age::x25519::Identity;
use chit_proto::issuer::v1 as issuer;
use chit_verdict::{Claim, Outcome, Verdict};
use ed25519_dalek::SigningKey;
use tonic::Status;

use crate::far::{Answer, Call, unary, unknown};
use crate::world::World;

pub const SHOP: &str = "corner";
pub const CARD_SERIAL: &str = "48151623";
const CARD_ID: [u8; 8] = [7; 8];
const ROWS: u32 = 12;
const VERDICT_KEY: [u8; 32] = [31; 32];

pub struct FarIssuer {
    pub away: bool,
    /// Signs with a key of its own, as a shop would that made its verdicts itself.
    pub forges: bool,
    /// What the payer says when the issuer asks them: not yet (None in Some), or the end of it. None: it does not ask.
    pub asks: Option<Option<Outcome>>,
    /// How often it answered that the payer thinks about it.
    pub asked: u32,
    /// Signs about another sale than was claimed.
    pub says_more: bool,
    identity: Identity,
}

impl Default for FarIssuer {
    fn default() -> Self {
        Self {
            away: false,
            forges: false,
            asks: None,
            asked: 0,
            says_more: false,
            identity: Identity::generate(),
        }
    }
}

impl FarIssuer {
    pub fn recipient(&self) -> String {
        self.identity.to_public().to_string()
    }

    pub fn key() -> String {
        hex::encode(SigningKey::from_bytes(&VERDICT_KEY).verifying_key().as_bytes())
    }

    pub fn row_code(row: usize) -> String {
        (100_000 + row).to_string()
    }

    fn judge(&self, request: &issuer::JudgeReplyRequest) -> Verdict {
        let decryptor = age::Decryptor::new(&request.sealed_code[..]).unwrap();
        let identity = iter::once(&self.identity as &dyn age::Identity);
        let mut plain = Vec::new();
        decryptor.decrypt(identity).unwrap().read_to_end(&mut plain).unwrap();
        let (id, code) = plain.split_first_chunk::<16>().unwrap();
        let claims: Vec<Claim> = request.claims.iter().map(|claim| Claim::decode(claim).unwrap()).collect();
        let right = claims.iter().find(|claim| Self::row_code(claim.row.into()).as_bytes() == code);
        let mut claim = right.or(claims.last()).unwrap().clone();
        if self.says_more {
            claim.sales.iter_mut().for_each(|sale| sale.amount_minor *= 10);
        }
        let said = self.asks.flatten().filter(|_| !claim.sales.is_empty()).unwrap_or(Outcome::Right);
        Verdict {
            outcome: if right.is_some() { said } else { Outcome::Wrong },
            request_id: *id,
            judged_unix_ms: 1_795_000_000_000,
            claim,
        }
    }
}

impl World {
    pub async fn issuer(self, method: &str, call: Call) -> Answer {
        match method {
            "AssignRows" => {
                unary(call, move |request: issuer::AssignRowsRequest| {
                    self.change(|facts| {
                        facts.told("rows", &request.request_id, &request);
                        if facts.issuer.away {
                            return Err(Status::unavailable("away"));
                        }
                        if request.card_serial != CARD_SERIAL {
                            let refused = chit_runtime::error::status;
                            return Err(refused(tonic::Code::NotFound, "CARD_UNKNOWN", "no such card"));
                        }
                        let rows = (1..=ROWS).rev().collect();
                        Ok(issuer::AssignRowsResponse { card_id: CARD_ID.to_vec(), rows })
                    })
                })
                .await
            }
            "JudgeReply" => {
                unary(call, move |request: issuer::JudgeReplyRequest| {
                    self.change(|facts| {
                        facts.told("reply", &request.request_id, &request);
                        if facts.issuer.away {
                            return Err(Status::unavailable("away"));
                        }
                        let key = if facts.issuer.forges { [4; 32] } else { VERDICT_KEY };
                        let verdict = facts.issuer.judge(&request).sign(&SigningKey::from_bytes(&key));
                        if facts.issuer.asks == Some(None) {
                            facts.issuer.asked += 1;
                            return Ok(issuer::JudgeReplyResponse { asks_payer: true, verdict: Vec::new() });
                        }
                        Ok(issuer::JudgeReplyResponse { verdict, asks_payer: false })
                    })
                })
                .await
            }
            "ReportLost" => {
                unary(call, move |request: issuer::ReportLostRequest| {
                    self.change(|facts| facts.told("lost", &request.card_serial, &request));
                    Ok(issuer::ReportLostResponse {})
                })
                .await
            }
            _ => unknown(),
        }
    }
}

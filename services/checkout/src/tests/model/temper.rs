//! What kind of payer a shop has: some ends are reached only where hardly anything else happens.

use chit_proto::sms_gateway::v1::MessageState;

use super::Chance;

const MESSAGE_ENDS: [MessageState; 8] = [
    MessageState::Delivered,
    MessageState::Delivered,
    MessageState::Delivered,
    MessageState::Submitted,
    MessageState::Undelivered,
    MessageState::Failed,
    MessageState::Unknown,
    MessageState::Expired,
];
/// Numbers of acts, as `World::step` knows them.
const SELL: usize = 0;
const HEAR: usize = 18;
const TIME_PASSES: usize = 36;
const CASH: usize = 67;
const LIST: usize = 94;
const YEARS_PASS: usize = 97;
/// A wrong code, as `World::hear` knows it.
const WRONG: usize = 11;

#[derive(Clone, Copy)]
pub enum Temper {
    /// Anything happens.
    Any,
    /// Hardly answers.
    Silent,
    /// Answers, and wrongly.
    Clumsy,
    /// Most messages do not arrive.
    OutOfReach,
}

impl Temper {
    /// Seeds until the tempers begin again.
    pub const KINDS: u64 = 6;

    pub fn of(seed: u64) -> Self {
        let all = [Self::Any, Self::Silent, Self::Any, Self::Clumsy, Self::Any, Self::OutOfReach];
        all[(seed % Self::KINDS) as usize]
    }

    /// The number of the next act, below 100.
    pub fn act(self, chance: &mut Chance) -> usize {
        let usual: &[usize] = match self {
            Self::Any => &[],
            Self::Silent => {
                &[SELL, TIME_PASSES, TIME_PASSES, TIME_PASSES, TIME_PASSES, CASH, LIST, YEARS_PASS]
            }
            Self::Clumsy => &[SELL, HEAR, HEAR, HEAR, TIME_PASSES],
            Self::OutOfReach => &[SELL, TIME_PASSES, TIME_PASSES, TIME_PASSES],
        };
        if chance.one_in(8) {
            chance.below(100)
        } else {
            chance.of(usual).unwrap_or_else(|| chance.below(100))
        }
    }

    /// The number of the next reply, below 20.
    pub fn reply(self, chance: &mut Chance) -> usize {
        match self {
            Self::Clumsy if !chance.one_in(8) => WRONG,
            _ => chance.below(20),
        }
    }

    pub fn message_end(self, chance: &mut Chance) -> MessageState {
        match self {
            Self::OutOfReach if !chance.one_in(8) => MessageState::Undelivered,
            _ => chance.of(&MESSAGE_ENDS).unwrap(),
        }
    }
}

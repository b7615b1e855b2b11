//! The offline decision at the till. As in EMV (Book 3 §10.6, Book 4 annex A), what was found is a bitmap kept
//! with the sale, and what follows from it is a second bitmap that the shop configures.

use chit_payer_code::DayNumber;
use jiff::{SignedDuration, Timestamp};

/// Names of the bits, lowest first. The order is stored: append only.
const NAMES: [&str; 17] = [
    "CODE_EXPIRES_SOON",
    "OVER_SALE_LIMIT",
    "OVER_PAYER_LIMIT",
    "TOO_MANY_UNVERIFIED",
    "OVER_TILL_LIMIT",
    "OLDEST_UNVERIFIED_TOO_OLD",
    "DENY_LISTED",
    "SERIAL_OLD",
    "FROZEN",
    "LOCKED",
    "FOREIGN_TILL",
    "FACE_NOT_CONFIRMED",
    "FACE_DIFFERENT",
    "CHANGED_WITHIN_24_HOURS",
    "NOT_ACTIVE",
    "TIME_IN_DOUBT",
    "OVER_DAY_LIMIT",
];

#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RiskResult(u32);

impl RiskResult {
    pub const NONE: Self = Self(0);
    pub const CODE_EXPIRES_SOON: Self = Self(1);
    pub const OVER_SALE_LIMIT: Self = Self(1 << 1);
    pub const OVER_PAYER_LIMIT: Self = Self(1 << 2);
    pub const TOO_MANY_UNVERIFIED: Self = Self(1 << 3);
    pub const OVER_TILL_LIMIT: Self = Self(1 << 4);
    pub const OLDEST_UNVERIFIED_TOO_OLD: Self = Self(1 << 5);
    pub const DENY_LISTED: Self = Self(1 << 6);
    pub const SERIAL_OLD: Self = Self(1 << 7);
    pub const FROZEN: Self = Self(1 << 8);
    pub const LOCKED: Self = Self(1 << 9);
    pub const FOREIGN_TILL: Self = Self(1 << 10);
    /// The cashier was not asked, or there is no photo to compare with.
    pub const FACE_NOT_CONFIRMED: Self = Self(1 << 11);
    pub const FACE_DIFFERENT: Self = Self(1 << 12);
    /// Phone or card changed within 24 hours.
    pub const CHANGED_WITHIN_24_HOURS: Self = Self(1 << 13);
    /// Phone and card are not proven together yet.
    pub const NOT_ACTIVE: Self = Self(1 << 14);
    /// The clock of the machine may be wrong; nobody has confirmed it yet.
    pub const TIME_IN_DOUBT: Self = Self(1 << 15);
    /// A code that never changes may be copied: the law of some countries bounds what it buys in a day.
    pub const OVER_DAY_LIMIT: Self = Self(1 << 16);

    /// What follows from who the payer is and not from what is sold: known when the code is scanned.
    pub const OF_THE_PAYER: Self = Self(
        Self::DENY_LISTED.0
            | Self::SERIAL_OLD.0
            | Self::FROZEN.0
            | Self::LOCKED.0
            | Self::FOREIGN_TILL.0
            | Self::CHANGED_WITHIN_24_HOURS.0
            | Self::NOT_ACTIVE.0,
    );

    /// The bit of this name.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().position(|known| *known == name).map(|bit| Self(1 << bit))
    }

    pub fn all_names() -> &'static [&'static str] {
        &NAMES
    }

    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    pub fn bits(self) -> u32 {
        self.0
    }

    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Which of `mask` were found.
    #[must_use]
    pub fn among(self, mask: Self) -> Self {
        Self(self.0 & mask.0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn names(self) -> Vec<&'static str> {
        (0..NAMES.len()).filter(|bit| self.0 >> bit & 1 == 1).map(|bit| NAMES[bit]).collect()
    }
}

impl std::fmt::Debug for RiskResult {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "RiskResult({})", self.names().join("|"))
    }
}

/// The magic amount of the sandbox that is refused, in minor units, as 90.01 or 190.01 (docs/api.md).
pub const SANDBOX_REFUSED_ENDING: i64 = 9_001;
const ENDINGS: i64 = 10_000;

/// Amounts in minor units of the shop's currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    pub sale_minor: i64,
    pub payer_minor: i64,
    pub payer_sales: u32,
    /// What one payer may buy in a local day, confirmed or not; 0 = no bound.
    pub payer_day_minor: i64,
    pub till_minor: i64,
    /// Sandbox only: a total with this ending finds the till's limit used up, so that others can try a refusal.
    pub refused_ending: Option<i64>,
    pub oldest: SignedDuration,
    /// A payer enrolled at another till, until synced.
    pub foreign_sale_minor: i64,
    pub foreign_sales: u32,
    pub expires_soon_days: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sale_minor: 20_000,
            payer_minor: 50_000,
            payer_sales: 3,
            payer_day_minor: 50_000,
            till_minor: 500_000,
            refused_ending: None,
            oldest: SignedDuration::from_hours(7 * 24),
            foreign_sale_minor: 5_000,
            foreign_sales: 1,
            expires_soon_days: 14,
        }
    }
}

/// What the payer and the till owe so far, before this sale; "unverified" is everything committed and not VERIFIED.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Exposure {
    pub payer_unverified_minor: i64,
    pub payer_unverified_sales: u32,
    /// What the payer has bought today, voided sales apart.
    pub payer_today_minor: i64,
    pub till_unverified_minor: i64,
    pub oldest_unverified: Option<Timestamp>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Face {
    Same,
    Different,
    NotAsked,
}

/// What is known of the payer apart from money.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    pub code_serial: u16,
    /// The newest serial this till has heard of; None for a payer of another till.
    pub newest_serial: Option<u16>,
    pub code_to_day: DayNumber,
    pub deny_listed: bool,
    pub frozen: bool,
    pub locked: bool,
    pub active: bool,
    pub enrolled_here: bool,
    pub changed_at: Option<Timestamp>,
    pub face: Face,
    pub time_in_doubt: bool,
}

pub fn assess(
    limits: &Limits,
    exposure: &Exposure,
    standing: &Standing,
    amount_minor: i64,
    now: Timestamp,
    today: DayNumber,
) -> RiskResult {
    let (sale_max, sales_max) = if standing.enrolled_here {
        (limits.sale_minor, limits.payer_sales)
    } else {
        (limits.foreign_sale_minor.min(limits.sale_minor), limits.foreign_sales.min(limits.payer_sales))
    };
    let payer_total = exposure.payer_unverified_minor.saturating_add(amount_minor);
    let day_total = exposure.payer_today_minor.saturating_add(amount_minor);
    let till_total = exposure.till_unverified_minor.saturating_add(amount_minor);
    let older_than =
        |since: Option<Timestamp>, age| since.is_some_and(|since| now.duration_since(since) > age);
    let changed_lately =
        standing.changed_at.is_some_and(|at| now.duration_since(at) < SignedDuration::from_hours(24));
    let magic = limits.refused_ending.is_some_and(|ending| amount_minor % ENDINGS == ending);
    let days_left = standing.code_to_day.0.saturating_sub(today.0);
    [
        (days_left < limits.expires_soon_days, RiskResult::CODE_EXPIRES_SOON),
        (amount_minor > sale_max, RiskResult::OVER_SALE_LIMIT),
        (payer_total > limits.payer_minor, RiskResult::OVER_PAYER_LIMIT),
        (exposure.payer_unverified_sales >= sales_max, RiskResult::TOO_MANY_UNVERIFIED),
        (magic || till_total > limits.till_minor, RiskResult::OVER_TILL_LIMIT),
        (older_than(exposure.oldest_unverified, limits.oldest), RiskResult::OLDEST_UNVERIFIED_TOO_OLD),
        (standing.deny_listed, RiskResult::DENY_LISTED),
        (standing.newest_serial.is_some_and(|newest| standing.code_serial < newest), RiskResult::SERIAL_OLD),
        (standing.frozen, RiskResult::FROZEN),
        (standing.locked, RiskResult::LOCKED),
        (!standing.enrolled_here, RiskResult::FOREIGN_TILL),
        (standing.face == Face::NotAsked, RiskResult::FACE_NOT_CONFIRMED),
        (standing.face == Face::Different, RiskResult::FACE_DIFFERENT),
        (changed_lately, RiskResult::CHANGED_WITHIN_24_HOURS),
        (!standing.active, RiskResult::NOT_ACTIVE),
        (standing.time_in_doubt, RiskResult::TIME_IN_DOUBT),
        (limits.payer_day_minor > 0 && day_total > limits.payer_day_minor, RiskResult::OVER_DAY_LIMIT),
    ]
    .into_iter()
    .filter(|(found, _)| *found)
    .fold(RiskResult::NONE, |result, (_, bit)| result.with(bit))
}

#[cfg(test)]
mod tests;

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
mod tests {
    use super::*;
    use crate::risk::verdict::{ActionCodes, Verdict};

    const TODAY: DayNumber = DayNumber(2_500);

    fn now() -> Timestamp {
        "2026-11-24T10:00:00Z".parse().unwrap()
    }

    fn good() -> Standing {
        Standing {
            code_serial: 4,
            newest_serial: Some(4),
            code_to_day: DayNumber(TODAY.0 + 60),
            deny_listed: false,
            frozen: false,
            locked: false,
            active: true,
            enrolled_here: true,
            changed_at: None,
            face: Face::Same,
            time_in_doubt: false,
        }
    }

    fn result(exposure: &Exposure, standing: &Standing, amount_minor: i64) -> RiskResult {
        assess(&Limits::default(), exposure, standing, amount_minor, now(), TODAY)
    }

    #[test]
    fn a_known_payer_within_every_limit_is_allowed() {
        let exposure = Exposure {
            payer_unverified_minor: 30_000,
            payer_unverified_sales: 2,
            payer_today_minor: 30_000,
            till_unverified_minor: 480_000,
            oldest_unverified: Some(now() - SignedDuration::from_hours(7 * 24)),
        };
        let result = result(&exposure, &good(), 20_000);
        assert_eq!(result, RiskResult::NONE);
        assert_eq!(ActionCodes::default().verdict(result), Verdict::Allow);
    }

    #[test]
    fn one_fen_or_one_sale_too_many_is_noticed() {
        let exposure = Exposure {
            payer_unverified_minor: 30_000,
            payer_unverified_sales: 3,
            payer_today_minor: 30_000,
            till_unverified_minor: 480_000,
            oldest_unverified: Some(
                now() - SignedDuration::from_hours(7 * 24) - SignedDuration::from_secs(1),
            ),
        };
        let expected = [
            "OVER_SALE_LIMIT",
            "OVER_PAYER_LIMIT",
            "TOO_MANY_UNVERIFIED",
            "OVER_TILL_LIMIT",
            "OLDEST_UNVERIFIED_TOO_OLD",
            "OVER_DAY_LIMIT",
        ];
        assert_eq!(result(&exposure, &good(), 20_001).names(), expected);
    }

    #[test]
    fn a_day_has_a_bound_whatever_was_confirmed_unless_the_shop_sets_none() {
        let bought = Exposure { payer_today_minor: 40_000, ..Exposure::default() };
        assert_eq!(result(&bought, &good(), 10_000), RiskResult::NONE);
        assert_eq!(result(&bought, &good(), 10_001), RiskResult::OVER_DAY_LIMIT);
        let unbound = Limits { payer_day_minor: 0, ..Limits::default() };
        assert_eq!(assess(&unbound, &bought, &good(), 10_001, now(), TODAY), RiskResult::NONE);
    }

    #[test]
    fn the_magic_amount_is_refused_in_a_sandbox_only() {
        let real = Limits::default();
        let sandbox = Limits { refused_ending: Some(SANDBOX_REFUSED_ENDING), ..real };
        let result = |limits, amount| assess(limits, &Exposure::default(), &good(), amount, now(), TODAY);
        for amount in [9_001, 19_001] {
            assert_eq!(result(&sandbox, amount), RiskResult::OVER_TILL_LIMIT);
            assert_eq!(result(&real, amount), RiskResult::NONE);
        }
        assert_eq!(result(&sandbox, 9_000), RiskResult::NONE);
    }

    #[test]
    fn a_payer_of_another_till_gets_one_small_sale() {
        let foreign = Standing { enrolled_here: false, newest_serial: None, ..good() };
        assert_eq!(result(&Exposure::default(), &foreign, 5_000), RiskResult::FOREIGN_TILL);
        assert!(result(&Exposure::default(), &foreign, 5_001).contains(RiskResult::OVER_SALE_LIMIT));
        let second = Exposure { payer_unverified_sales: 1, ..Exposure::default() };
        assert!(result(&second, &foreign, 100).contains(RiskResult::TOO_MANY_UNVERIFIED));
    }

    #[test]
    fn a_barred_payer_is_refused_whatever_the_amount() {
        let cases = [
            (Standing { deny_listed: true, ..good() }, RiskResult::DENY_LISTED),
            (Standing { code_serial: 3, ..good() }, RiskResult::SERIAL_OLD),
            (Standing { frozen: true, ..good() }, RiskResult::FROZEN),
            (Standing { locked: true, ..good() }, RiskResult::LOCKED),
            (Standing { face: Face::Different, ..good() }, RiskResult::FACE_DIFFERENT),
            (Standing { changed_at: Some(now()), ..good() }, RiskResult::CHANGED_WITHIN_24_HOURS),
            (Standing { active: false, ..good() }, RiskResult::NOT_ACTIVE),
        ];
        for (standing, bit) in cases {
            let verdict = ActionCodes::default().verdict(result(&Exposure::default(), &standing, 1));
            assert_eq!(verdict, Verdict::Refuse(bit));
        }
    }

    #[test]
    fn an_overrun_needs_an_approval_and_says_for_what() {
        let result = result(&Exposure::default(), &good(), 20_001);
        let verdict = ActionCodes::default().verdict(result);
        assert_eq!(verdict, Verdict::NeedsApproval(RiskResult::OVER_SALE_LIMIT));
    }

    #[test]
    fn a_code_near_its_end_is_noted_and_a_result_reads_back() {
        let standing = Standing { code_to_day: DayNumber(TODAY.0 + 13), ..good() };
        let result = result(&Exposure::default(), &standing, 100);
        assert_eq!(result.names(), ["CODE_EXPIRES_SOON"]);
        assert_eq!(RiskResult::from_bits(result.bits()), result);
        assert_eq!(ActionCodes::default().verdict(result), Verdict::Allow);
    }

    #[test]
    fn each_remark_on_a_payer_begins_and_ends_at_its_limit() {
        let alone = |standing: Standing| result(&Exposure::default(), &standing, 100);
        let until = |day| alone(Standing { code_to_day: DayNumber(day), ..good() });
        assert_eq!(until(TODAY.0 + 14), RiskResult::NONE);
        assert_eq!(until(TODAY.0), RiskResult::CODE_EXPIRES_SOON);
        assert_eq!(until(TODAY.0 - 1), RiskResult::CODE_EXPIRES_SOON);
        let changed = |ago: SignedDuration| alone(Standing { changed_at: Some(now() - ago), ..good() });
        let day = SignedDuration::from_hours(24);
        assert_eq!(changed(day), RiskResult::NONE);
        assert_eq!(changed(day - SignedDuration::from_millis(1)), RiskResult::CHANGED_WITHIN_24_HOURS);
        assert_eq!(alone(Standing { code_serial: 5, ..good() }), RiskResult::NONE, "renewed elsewhere");
        assert_eq!(alone(Standing { face: Face::NotAsked, ..good() }), RiskResult::FACE_NOT_CONFIRMED);
        assert_eq!(alone(Standing { time_in_doubt: true, ..good() }), RiskResult::TIME_IN_DOUBT);
    }

    #[test]
    fn a_shop_that_is_stricter_with_its_own_is_as_strict_with_others() {
        let limits = Limits { sale_minor: 3_000, payer_sales: 0, ..Limits::default() };
        let foreign = Standing { enrolled_here: false, newest_serial: None, ..good() };
        let result = assess(&limits, &Exposure::default(), &foreign, 3_001, now(), TODAY);
        assert!(result.contains(RiskResult::OVER_SALE_LIMIT.with(RiskResult::TOO_MANY_UNVERIFIED)));
    }

    #[test]
    fn each_result_has_a_bit_of_its_own() {
        let named = [
            RiskResult::CODE_EXPIRES_SOON,
            RiskResult::OVER_SALE_LIMIT,
            RiskResult::OVER_PAYER_LIMIT,
            RiskResult::TOO_MANY_UNVERIFIED,
            RiskResult::OVER_TILL_LIMIT,
            RiskResult::OLDEST_UNVERIFIED_TOO_OLD,
            RiskResult::DENY_LISTED,
            RiskResult::SERIAL_OLD,
            RiskResult::FROZEN,
            RiskResult::LOCKED,
            RiskResult::FOREIGN_TILL,
            RiskResult::FACE_NOT_CONFIRMED,
            RiskResult::FACE_DIFFERENT,
            RiskResult::CHANGED_WITHIN_24_HOURS,
            RiskResult::NOT_ACTIVE,
            RiskResult::TIME_IN_DOUBT,
            RiskResult::OVER_DAY_LIMIT,
        ];
        assert_eq!(named.len(), NAMES.len());
        for (bit, result) in named.into_iter().enumerate() {
            assert_eq!((result.bits(), result.names()), (1 << bit, vec![NAMES[bit]]));
            assert_eq!(RiskResult::named(NAMES[bit]), Some(result));
        }
        let together = named.into_iter().fold(RiskResult::NONE, RiskResult::with);
        assert_eq!(together.names(), NAMES);
    }

    #[test]
    fn what_follows_from_the_payer_is_known_before_anything_is_sold() {
        let of_the_payer = [
            "DENY_LISTED",
            "SERIAL_OLD",
            "FROZEN",
            "LOCKED",
            "FOREIGN_TILL",
            "CHANGED_WITHIN_24_HOURS",
            "NOT_ACTIVE",
        ];
        assert_eq!(RiskResult::OF_THE_PAYER.names(), of_the_payer);
    }
}

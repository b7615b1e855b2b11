//! How long evidence is kept. Faces are kept as short as they are needed: by the profile, by what became of the sale,
//! and by who holds it. Two moments follow: from `releasable` on the film may go (a person asks for it, or the disk is
//! short of room), at `due` it goes.

/// Microseconds since the Unix epoch, business time.
pub type Us = i64;

const HOUR: Us = 3_600_000_000;
const DAY: Us = 24 * HOUR;

/// What became of a sale, as checkout tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The payer's right answer.
    pub verified: Option<Us>,
    /// The notice that states the deduction was delivered.
    pub notice_delivered: Option<Us>,
    /// Nothing is owed any more: settled, paid otherwise, voided, written off, or the bad record ended.
    pub concluded: Option<Us>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Film until 90 days after settlement; records three years (E-Commerce Law of the PRC, art. 31).
    Cn,
    /// Answering erases the film: 72 h after the delivered notice, at the latest 30 days after the answer. The rest
    /// stays for the rail's return window, 13 months (SEPA Core rulebook, unauthorised debits).
    Eu,
    Custom(Terms),
}

/// A profile of the shop's own; days count from the end of the sale, hours from the notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub film_days_after_conclusion: u32,
    /// 0 = the notice changes nothing.
    pub film_hours_after_notice: u32,
    /// 0 = the answer changes nothing.
    pub film_days_after_answer: u32,
    pub rest_days_after_conclusion: u32,
}

const CN: Terms = Terms {
    film_days_after_conclusion: 90,
    film_hours_after_notice: 0,
    film_days_after_answer: 0,
    rest_days_after_conclusion: 3 * 365,
};
/// A sale that ended without an answer (paid in cash, voided) keeps its film three days, as one that was answered.
const EU: Terms = Terms {
    film_days_after_conclusion: 3,
    film_hours_after_notice: 72,
    film_days_after_answer: 30,
    rest_days_after_conclusion: 396,
};

impl Profile {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Cn => "cn",
            Self::Eu => "eu",
            Self::Custom(_) => "custom",
        }
    }

    fn terms(&self) -> Terms {
        match self {
            Self::Cn => CN,
            Self::Eu => EU,
            Self::Custom(terms) => *terms,
        }
    }

    pub fn schedule(&self, facts: &Facts) -> Schedule {
        let terms = self.terms();
        let answered = facts.verified.filter(|_| terms.film_days_after_answer > 0);
        let told = facts.notice_delivered.filter(|_| terms.film_hours_after_notice > 0 && answered.is_some());
        let after_notice = told.map(|at| (at + i64::from(terms.film_hours_after_notice) * HOUR, "notice"));
        let after_answer = answered.map(|at| (at + i64::from(terms.film_days_after_answer) * DAY, "answer"));
        let after_end = facts
            .concluded
            // An answered sale waits for its notice, however quickly it is settled.
            .filter(|_| answered.is_none())
            .map(|at| (at + i64::from(terms.film_days_after_conclusion) * DAY, "conclusion"));
        let due = [after_notice, after_answer, after_end].into_iter().flatten().min();
        // Where answering erases the film, it may go as soon as the payer has been told; elsewhere not early.
        let releasable = told.or(due.map(|(at, _)| at)).map(|at| at.min(due.map_or(at, |(at, _)| at)));
        let rest_due = facts.concluded.map(|at| at + i64::from(terms.rest_days_after_conclusion) * DAY);
        Schedule {
            film_releasable: releasable,
            film_due: due.map(|(at, _)| at),
            rule: due.map(|(_, after)| match after {
                "notice" => format!("{}/notice+{}h", self.word(), terms.film_hours_after_notice),
                "answer" => format!("{}/answer+{}d", self.word(), terms.film_days_after_answer),
                _ => format!("{}/conclusion+{}d", self.word(), terms.film_days_after_conclusion),
            }),
            // Manifest and goods never go before the film.
            rest_due: rest_due.map(|at| due.map_or(at, |(due, _)| at.max(due))),
        }
    }
}

/// What follows. `None` = not known yet, so it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    pub film_releasable: Option<Us>,
    pub film_due: Option<Us>,
    /// By which rule the film is due.
    pub rule: Option<String>,
    pub rest_due: Option<Us>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Keep,
    /// The film goes; manifest and goods stay.
    EraseFilm,
    EraseAll,
}

impl Schedule {
    /// What is to happen now. `short_of_room`: film goes as soon as it may.
    pub fn judge(&self, now: Us, is_held: bool, film_kept: bool, short_of_room: bool) -> Verdict {
        let reached = |at: Option<Us>| at.is_some_and(|at| at <= now);
        if is_held {
            return Verdict::Keep;
        }
        if reached(self.rest_due) {
            return Verdict::EraseAll;
        }
        let film_goes = reached(self.film_due) || (short_of_room && reached(self.film_releasable));
        if film_kept && film_goes { Verdict::EraseFilm } else { Verdict::Keep }
    }

    /// When to look again; what is held is looked at when it is released.
    pub fn next(&self, film_kept: bool) -> Option<Us> {
        if film_kept { self.film_due.or(self.rest_due) } else { self.rest_due }
    }
}

#[cfg(test)]
mod tests;

//! How a modem is told to announce what arrives (27.005 §3.4.1): `AT+CNMI=<mode>,<mt>,<bm>,<ds>,<bfr>`, made from what it says
//! it takes.

/// Settings that are tried before the modem counts as announcing nothing.
const TRIES_MAX: usize = 24;
/// Modem and link free (2), or only while free (1), or always (3); never buffered without end (0).
const MODES: [u8; 3] = [2, 1, 3];
/// Messages are announced by index (1): what is handed over at once and lost is lost for good.
const BY_INDEX: u8 = 1;
/// Reports at once (1), by index (2), or not at all (0).
const REPORTS: [u8; 3] = [1, 2, 0];
/// Cell broadcasts are not wanted, but some modems take the set with these only.
const BROADCASTS: [u8; 4] = [0, 2, 3, 1];
/// What was buffered is handed over (0) or dropped (1).
const BUFFERS: [u8; 2] = [0, 1];

/// How reports come with a setting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reports {
    AtOnce,
    /// Stored and announced.
    Stored,
    #[default]
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    values: [u8; 5],
}

impl Setting {
    pub fn command(&self) -> String {
        let [mode, mt, bm, ds, bfr] = self.values;
        format!("AT+CNMI={mode},{mt},{bm},{ds},{bfr}")
    }

    pub fn reports(&self) -> Reports {
        match self.values[3] {
            1 => Reports::AtOnce,
            2 => Reports::Stored,
            _ => Reports::Never,
        }
    }
}

/// The best first. `offer` is the answer to `AT+CNMI=?`, such as `(0-3),(0,1),(0,2,3),(0,2),(1)`; without one that can be read
/// every setting is possible.
pub fn settings(offer: Option<&str>) -> Vec<Setting> {
    let offered = offer.and_then(sets);
    let takes = |place: usize, value: u8| {
        offered.as_ref().is_none_or(|sets| sets.get(place).is_none_or(|set| set.contains(&value)))
    };
    let mut found = Vec::new();
    for ds in REPORTS.into_iter().filter(|ds| takes(3, *ds)) {
        for bm in BROADCASTS.into_iter().filter(|bm| takes(2, *bm)) {
            for bfr in BUFFERS.into_iter().filter(|bfr| takes(4, *bfr)) {
                for mode in MODES.into_iter().filter(|mode| takes(0, *mode)) {
                    found.push(Setting { values: [mode, BY_INDEX, bm, ds, bfr] });
                }
            }
        }
    }
    if offered.is_none() {
        // Nobody said what is possible: the common ones, each way of reporting in turn.
        found.retain(|setting| setting.values[0] != 3 && matches!(setting.values[2], 0 | 2));
    }
    found.truncate(TRIES_MAX);
    found
}

/// `(0-3),(0,1)` → the values of each.
fn sets(offer: &str) -> Option<Vec<Vec<u8>>> {
    let mut sets = Vec::new();
    let mut rest = offer;
    while let Some((_, after)) = rest.split_once('(') {
        let (inside, next) = after.split_once(')')?;
        let mut values = Vec::new();
        for item in inside.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            match item.split_once('-') {
                Some((first, last)) => {
                    let (first, last): (u8, u8) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                    values.extend(first..=last);
                }
                None => values.push(item.parse().ok()?),
            }
        }
        sets.push(values);
        rest = next;
    }
    (!sets.is_empty()).then_some(sets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(offer: &str) -> (String, Reports) {
        let setting = settings(Some(offer))[0];
        (setting.command(), setting.reports())
    }

    #[test]
    fn a_setting_is_made_of_what_the_modem_offers() {
        for (offer, command, reports) in [
            ("(0-3),(0-3),(0,2,3),(0-2),(0,1)", "AT+CNMI=2,1,0,1,0", Reports::AtOnce),
            ("(0-2),(0,1),(0,2),(0,2),(1)", "AT+CNMI=2,1,0,2,1", Reports::Stored),
            ("(0,1),(0-3),(2),(0,1),(0)", "AT+CNMI=1,1,2,1,0", Reports::AtOnce),
            ("(3),(1),(0),(0),(0)", "AT+CNMI=3,1,0,0,0", Reports::Never),
            (" ( 0 - 2 ) , (0,1)", "AT+CNMI=2,1,0,1,0", Reports::AtOnce),
        ] {
            assert_eq!(first(offer), (command.into(), reports), "{offer}");
        }
    }

    #[test]
    fn without_an_offer_every_way_of_reporting_is_tried() {
        for offer in [None, Some(""), Some("(a)"), Some("(0-")] {
            let tried = settings(offer);
            assert_eq!(tried[0].command(), "AT+CNMI=2,1,0,1,0");
            for reports in [Reports::AtOnce, Reports::Stored, Reports::Never] {
                assert!(tried.iter().any(|setting| setting.reports() == reports), "{offer:?}: {reports:?}");
            }
            assert!(tried.len() <= TRIES_MAX);
        }
    }
}

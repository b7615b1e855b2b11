//! What a model of printer can do, from a table that a shop can add to.

use std::path::{Path, PathBuf};

use serde::Deserialize;

const BUILT_IN: &str = include_str!("table.toml");
/// A shop's own table is a few entries.
const PROFILES_MAX: usize = 100;
/// Dots of a column of font A.
const COLUMN_DOTS: usize = 12;
/// Font A on the narrowest paper that is still sold, and on the widest that ESC/POS printers take.
pub const COLUMNS: std::ops::RangeInclusive<usize> = 24..=64;
/// Of a printer that nothing is known of: half of what the slowest data sheets promise for text.
const SPEED_MM_S_SLOWEST: u16 = 25;
pub const GENERIC_80: &str = "generic-80";
pub const GENERIC_58: &str = "generic-58";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    Partial,
    Full,
    None,
}

/// How Chinese comes on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chinese {
    /// Two-byte text for the printer's own font.
    Gbk,
    /// Lines as dots.
    Raster,
    /// The printer is asked for its fonts (GS I 69).
    Ask,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Symbols {
    Native,
    Raster,
}

/// How the printer confirms a paper when it echoes no process id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fence {
    /// It answers `GS r` when its turn in the buffer comes.
    Status,
    /// It answers `DLE EOT` only: a paper counts as printed when the slowest printer would be done and this one says that it is fit.
    Idle,
    /// It is asked with an empty buffer.
    Ask,
}

/// How Chinese characters are made twice as big.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Double {
    /// `GS !` is for all characters.
    Gs,
    /// `FS !` and `FS W` are for two-byte ones; every printer obeys one of the three.
    Fs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beeper {
    EscB,
    /// `ESC ( A` fn 48.
    EscA48,
    /// `ESC ( A` fn 97.
    EscA97,
    None,
}

/// Where a logo can rest in the printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogoMemory {
    /// NV graphics with key codes (`GS ( L` fn 64, 67, 69).
    NvGraphics,
    None,
}

/// One entry of the table; `table.toml` says what each key means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub name: String,
    pub models: Vec<String>,
    pub dots: usize,
    pub columns: usize,
    pub dpi: u8,
    pub cut: Cut,
    pub code_page: Option<u8>,
    pub process_id: bool,
    pub answers: bool,
    pub near_end_high: bool,
    pub buffer_bytes: usize,
    pub strip_height: usize,
    pub chinese: Chinese,
    pub qr: Symbols,
    pub beeper: Beeper,
    pub logo_memory: LogoMemory,
    pub real_time_switch: bool,
    #[serde(default = "ask")]
    pub fence: Fence,
    #[serde(default = "by_all_means")]
    pub chinese_double: Double,
    /// Millimetres of paper a second where it is slowest: a long picture, a cold head, a full buffer.
    #[serde(default = "slowest")]
    pub speed_mm_s: u16,
}

fn ask() -> Fence {
    Fence::Ask
}

fn by_all_means() -> Double {
    Double::Fs
}

fn slowest() -> u16 {
    SPEED_MM_S_SLOWEST
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    profile: Vec<Model>,
}

#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}: {message}")]
    Syntax { path: PathBuf, message: String },
    #[error("profile {name}: {remedy}")]
    Value { name: String, remedy: String },
}

/// The shop's entries first, then the built-in ones.
#[derive(Debug, Clone)]
pub struct Table(Vec<Model>);

impl Table {
    pub fn load(own: Option<&Path>) -> Result<Self, TableError> {
        let mut all = match own {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| TableError::Read { path: path.to_owned(), source })?;
                parse(&text, path)?
            }
            None => Vec::new(),
        };
        all.extend(parse(BUILT_IN, Path::new("the built-in table"))?);
        all.iter().try_for_each(check)?;
        Ok(Self(all))
    }

    pub fn named(&self, name: &str) -> Option<&Model> {
        self.0.iter().find(|model| model.name == name)
    }

    pub fn names(&self) -> String {
        self.0.iter().map(|model| model.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The entry with the longest begin that fits what the printer calls itself.
    pub fn of_model(&self, said: &str) -> Option<&Model> {
        let fit = |model: &Model| {
            model.models.iter().filter(|begin| said.starts_with(begin.as_str())).map(String::len).max()
        };
        let fitting = self.0.iter().rev().filter_map(|model| Some((fit(model)?, model)));
        fitting.max_by_key(|(len, _)| *len).map(|(_, model)| model)
    }
}

fn parse(text: &str, path: &Path) -> Result<Vec<Model>, TableError> {
    let syntax = |message: String| TableError::Syntax { path: path.to_owned(), message };
    let file: File = toml::from_str(text).map_err(|error| syntax(error.message().to_owned()))?;
    if file.profile.len() > PROFILES_MAX {
        return Err(syntax(format!("at most {PROFILES_MAX} profiles")));
    }
    Ok(file.profile)
}

fn check(model: &Model) -> Result<(), TableError> {
    let refuse =
        |remedy: &str| Err(TableError::Value { name: model.name.clone(), remedy: remedy.to_owned() });
    if !COLUMNS.contains(&model.columns) || model.columns * COLUMN_DOTS > model.dots || model.dots > 1_024 {
        return refuse("columns is 24 to 64, and 12 dots each must fit into dots (at most 1024)");
    }
    if model.dpi < 100 || !(8..=1_024).contains(&model.strip_height) || model.buffer_bytes == 0 {
        return refuse("dpi is at least 100, strip_height 8 to 1024, buffer_bytes at least 1");
    }
    if model.speed_mm_s == 0 {
        return refuse("speed_mm_s is at least 1");
    }
    if model.models.iter().any(String::is_empty) {
        return refuse("an empty model name would fit every printer");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printer_is_found_by_the_longest_begin_of_its_name() {
        let table = Table::load(None).unwrap();
        let name = |said| table.of_model(said).map(|model| model.name.as_str());
        assert_eq!(name("TM-T20III"), Some("epson-tm-80"));
        assert_eq!(name("TM-m30III"), Some("epson-tm-m"));
        assert_eq!(name("TM-T88III"), Some("epson-tm-t88iii"));
        assert_eq!(name("XP-80C"), Some("xprinter-80"));
        assert_eq!(name("SIM-80"), None);
        for needed in [GENERIC_80, GENERIC_58] {
            assert!(table.named(needed).is_some());
        }
    }

    #[test]
    fn a_shop_s_own_entry_goes_first_and_is_checked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("printers.toml");
        let entry = BUILT_IN.split("[[profile]]").nth(1).unwrap();
        let own = format!("[[profile]]{}", entry.replace("models = []", "models = [\"TM-T20\"]"));
        std::fs::write(&path, own.replace("generic-80", "ours")).unwrap();
        let table = Table::load(Some(&path)).unwrap();
        assert_eq!(table.of_model("TM-T20III").unwrap().name, "ours");
        std::fs::write(&path, own.replace("columns = 48", "columns = 60")).unwrap();
        assert!(Table::load(Some(&path)).unwrap_err().to_string().contains("12 dots each"));
        std::fs::write(&path, own.replace("columns = 48", "colums = 48")).unwrap();
        assert!(Table::load(Some(&path)).unwrap_err().to_string().contains("colums"));
    }
}

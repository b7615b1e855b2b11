//! What a shopkeeper sees when `chit.toml` is not right, and what is read when it is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use chit_runtime::{ConfigError, Shared, config, load};
use serde::Deserialize;
use std::path::Path;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Ledger {
    page_size: u32,
    journal: String,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { page_size: 50, journal: "journal".to_owned() }
    }
}

fn load_text(dir: &Path, text: &str) -> Result<(Ledger, Shared), ConfigError> {
    let file = dir.join("chit.toml");
    std::fs::write(&file, text).unwrap();
    load(&file, "ledger")
}

fn complaint(text: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    load_text(dir.path(), text).unwrap_err().to_string()
}

#[test]
fn an_unknown_key_is_named_with_its_section_and_the_nearest_known_key() {
    let said = complaint("[ledger]\npage_sise = 3\n");
    assert_eq!(said, "unknown key `page_sise` in [ledger], did you mean `page_size`?");
    let said = complaint("[chit]\nrundir = \"x\"\n");
    assert_eq!(said, "unknown key `rundir` in [chit], did you mean `run_dir`?");
}

#[test]
fn a_key_like_no_other_gets_no_suggestion() {
    assert_eq!(complaint("[ledger]\nfavourite_colour = 3\n"), "unknown key `favourite_colour` in [ledger]");
}

#[test]
fn an_unknown_section_is_named_with_the_nearest_one() {
    assert_eq!(complaint("[leger]\n"), "unknown section [leger], did you mean [ledger]?");
}

#[test]
fn a_wrong_value_and_broken_toml_are_one_line_each() {
    for (text, part) in [
        ("[ledger]\npage_size = \"many\"\n", "[ledger]: invalid type"),
        ("[ledger]\n\npage_size = \n", "line 3"),
        ("[chit]\ntime_zone = \"Asia/Shanghigh\"\n", "time_zone"),
        ("ledger = 3\n", "[ledger]"),
    ] {
        let said = complaint(text);
        assert!(said.contains(part) && !said.contains('\n'), "{said:?}");
    }
}

#[test]
fn users_that_may_call_are_listed_by_number_or_name_and_an_unknown_name_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (_, shared) = load_text(dir.path(), "[chit]\nallow_uids = [990, \"root\"]\n").unwrap();
    assert_eq!(shared.allow_uids, [990, 0]);
    let said = complaint("[chit]\nallow_uids = [\"no such user\"]\n");
    assert_eq!(said, "[chit]: there is no user \"no such user\" in /etc/passwd");
    let said = complaint("[chit]\nallow_uids = [true]\n");
    assert_eq!(said, "[chit]: a user is a number or a name");
}

#[test]
fn a_run_dir_too_long_for_a_socket_is_refused() {
    let said = complaint(&format!("[chit]\nrun_dir = \"/{}\"\n", "x".repeat(60)));
    assert!(said.contains("run_dir has 61 bytes"), "{said}");
}

#[test]
fn relative_folders_count_from_the_file_and_missing_sections_are_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, shared) = load_text(dir.path(), "[chit]\nrun_dir = \"r\"\nsandbox = true\n").unwrap();
    assert_eq!(ledger, Ledger::default());
    assert_eq!(shared.socket_of("ledger"), dir.path().join("r/ledger.sock"));
    assert_eq!((shared.time_zone.as_str(), shared.sandbox), ("Asia/Shanghai", true));
}

#[test]
fn a_missing_key_is_named_with_the_command_that_makes_it() {
    let dir = tempfile::tempdir().unwrap();
    let shared = Shared::sandbox_in(dir.path());
    let said = shared.key("journal").unwrap_err().to_string();
    assert!(said.contains("journal") && said.contains("chit init"), "{said}");
    std::fs::create_dir_all(&shared.keys_dir).unwrap();
    std::fs::write(shared.keys_dir.join("journal"), b"secret").unwrap();
    assert_eq!(shared.key("journal").unwrap(), b"secret");
}

#[test]
fn a_sandbox_never_opens_real_data_nor_the_reverse() {
    for first_is_sandbox in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let mut shared = Shared { sandbox: first_is_sandbox, ..Shared::sandbox_in(dir.path()) };
        config::claim_state(&shared).unwrap();
        config::claim_state(&shared).unwrap();
        shared.sandbox = !first_is_sandbox;
        let refused = config::claim_state(&shared).unwrap_err();
        assert!(matches!(refused, ConfigError::OtherWorld { .. }), "{refused}");
    }
}

//! Other people's bank files, taken and refused by a whole checkout: `just conformance-iso20022 DIR` runs it.

use std::path::{Path, PathBuf};

use crate::bank::{config, import};
use crate::house::House;

/// Files that a bank may send.
const DIR: &str = "CHIT_BANK_FILES";
/// Files that no schema allows.
const DAMAGED: &str = "CHIT_BANK_FILES_DAMAGED";

fn files_in(variable: &str) -> Vec<PathBuf> {
    let root = std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} names no folder"));
    let (mut folders, mut files) = (vec![PathBuf::from(root)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "xml") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "{variable} has no bank file");
    files
}

/// Files to a bank go through the same checks, and are then refused for where they come from.
fn is_for_the_bank(file: &str) -> bool {
    file.contains("xsd:pain.008.")
}

async fn refused(house: &House, path: &Path, file: &str) -> String {
    let refusal = import(house, file).await.expect_err(&format!("{} is taken", path.display()));
    let reason = chit_runtime::error::reason_of(&refusal);
    assert_eq!(reason.as_deref(), Some("BANK_FILE_INVALID"), "{}: {refusal}", path.display());
    refusal.message().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the vectors; `just conformance-iso20022 DIR` runs it"]
async fn valid_files_of_other_makers_are_taken_and_damaged_ones_are_refused_with_line_and_reason() {
    let drop_dir = tempfile::tempdir().unwrap();
    let house = House::open_with(false, |_, _| config(drop_dir.path())).await;
    let (mut taken, mut ours) = (0, 0);
    for path in files_in(DIR) {
        let file = std::fs::read_to_string(&path).unwrap();
        if is_for_the_bank(&file) {
            let why = refused(&house, &path, &file).await;
            assert!(why.contains("a file for the bank"), "{}: {why}", path.display());
            ours += 1;
        } else {
            let told = import(&house, &file).await;
            let told = told.unwrap_or_else(|refusal| panic!("{}: {refusal}", path.display()));
            let again = import(&house, &file).await.unwrap();
            assert!(again.known && again.tally == told.tally, "{}: {told:?} {again:?}", path.display());
            taken += 1;
        }
    }
    let damaged = files_in(DAMAGED);
    for path in &damaged {
        let file = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        let why = refused(&house, path, &file).await;
        assert!(why.contains("line "), "{}: {why}", path.display());
    }
    println!(
        "through checkout: {taken} taken, {ours} are for a bank, {} damaged ones refused",
        damaged.len()
    );
}

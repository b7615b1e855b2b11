//! `chit bad-records`: who did not pay, as a signed file for the shop's bank, and its check without a shop.

use std::path::{Path, PathBuf};

use chit_bad_record::{BadRecords, FILE_LEN_MAX, Signed};
use chit_proto::checkout::v1::ExportBadRecordsRequest;
use clap::Subcommand;
use ed25519_dalek::VerifyingKey;
use serde_json::json;

use super::keys::PublicKeys;
use super::new_files;
use crate::failure::Failure;
use crate::output::Output;
use crate::shop::Shop;

const KEY_DIGITS: usize = 64;

#[derive(Subcommand, Debug)]
pub enum BadRecordsCommand {
    /// Write every bad record that stands now, signed with the shop's key: FILE, the same as FILE.csv, and FILE.sig over both.
    Export {
        /// The JSON; none of the three may exist.
        file: PathBuf,
    },
    /// Check such a file, offline. Exit code 1: it was changed, or another key signed it.
    Verify {
        /// The JSON; FILE.csv and FILE.sig lie beside it.
        file: PathBuf,
        /// The shop's public keys: a file that `chit --json keys` wrote, or the receipt key alone, 64 hexadecimal digits. Got by
        /// another way than the file.
        #[arg(long, value_name = "FILE|HEX")]
        key: String,
    },
}

/// What needs no shop.
pub fn offline(command: &BadRecordsCommand, output: Output) -> Option<Result<(), Failure>> {
    match command {
        BadRecordsCommand::Verify { file, key } => Some(verify(file, key, output)),
        BadRecordsCommand::Export { .. } => None,
    }
}

pub async fn run(shop: &Shop, command: BadRecordsCommand) -> Result<(), Failure> {
    match command {
        BadRecordsCommand::Verify { file, key } => verify(&file, &key, shop.output),
        BadRecordsCommand::Export { file } => export(shop, &file).await,
    }
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

async fn export(shop: &Shop, file: &Path) -> Result<(), Failure> {
    let (csv, signature) = (beside(file, ".csv"), beside(file, ".sig"));
    // Before the ledger witnesses an export of which nothing is left.
    if let Some(there) = [file, &csv, &signature].into_iter().find(|path| path.exists()) {
        return Err(Failure::usage(format!("{} is there already; name another file", there.display())));
    }
    let mut pieces = shop.bank().export_bad_records(ExportBadRecordsRequest {}).await?.into_inner();
    let mut signed = Signed { json: Vec::new(), csv: Vec::new(), signature: Vec::new() };
    while let Some(piece) = pieces.message().await? {
        signed.json.extend(piece.json);
        signed.csv.extend(piece.csv);
        signed.signature.extend(piece.signature);
    }
    for (path, bytes) in [(file, &signed.json), (&csv, &signed.csv), (&signature, &signed.signature)] {
        new_files::write(path, bytes)?;
    }
    let files = [file, &csv, &signature].map(|path| path.to_string_lossy().into_owned());
    let text = format!("{}; they name people: hand them to the bank only", files.join(", "));
    shop.output.result(text, &json!({ "json": files[0], "csv": files[1], "signature": files[2] }));
    Ok(())
}

fn verify(file: &Path, key: &str, output: Output) -> Result<(), Failure> {
    let key = receipt_key(key)?;
    let signed = Signed {
        json: read(file)?,
        csv: read(&beside(file, ".csv"))?,
        signature: read(&beside(file, ".sig"))?,
    };
    let found = BadRecords::verify(&signed, &key)
        .map_err(|fault| Failure::other(fault.reason(), format!("{}: {fault}", file.display())))?;
    let owed: i64 = found.records.iter().fold(0, |sum, record| sum.saturating_add(record.owed_minor));
    let text = format!(
        "good: {} records of {}, made at {}, file {}",
        found.records.len(),
        found.shop,
        found.made_at,
        found.file_id
    );
    let value = json!({
        "file_id": found.file_id,
        "shop": found.shop,
        "made_at": found.made_at,
        "records": found.records.len(),
        "owed_minor": owed,
        "currency": found.currency,
    });
    output.result(text, &value);
    Ok(())
}

fn receipt_key(text: &str) -> Result<VerifyingKey, Failure> {
    let bytes = if text.len() == KEY_DIGITS {
        hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok())
    } else {
        Some(PublicKeys::read(Path::new(text))?.receipt.bytes()?)
    };
    let wrong = || Failure::usage("--key is neither a file of `chit --json keys` nor 64 hexadecimal digits");
    VerifyingKey::from_bytes(&bytes.ok_or_else(wrong)?).map_err(|_no_point| wrong())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let wrong = |what: String| Failure::usage(format!("{}: {what}", path.display()));
    let len = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
    if len > FILE_LEN_MAX as u64 {
        return Err(wrong("larger than a file of bad records can be".to_owned()));
    }
    std::fs::read(path).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use chit_bad_record::FORMAT;
    use ed25519_dalek::SigningKey;

    use super::*;

    #[test]
    fn a_signed_file_is_good_under_its_shops_key_and_a_changed_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bad.json");
        let key = SigningKey::from_bytes(&[3; 32]);
        let records = BadRecords {
            format: FORMAT.into(),
            file_id: "01JDT0000000000000000000FF".into(),
            made_at: "2026-12-21T09:00:00Z".into(),
            shop: "Huimin Shops".into(),
            creditor_id: String::new(),
            currency: "CNY".into(),
            ledger_checkpoint: String::new(),
            records: Vec::new(),
        };
        let signed = records.sign(&key).unwrap();
        std::fs::write(&file, &signed.json).unwrap();
        std::fs::write(beside(&file, ".csv"), &signed.csv).unwrap();
        std::fs::write(beside(&file, ".sig"), &signed.signature).unwrap();
        let output = Output::new(true);
        let own = hex::encode(key.verifying_key().as_bytes());
        verify(&file, &own, output).unwrap();
        let other = hex::encode(SigningKey::from_bytes(&[4; 32]).verifying_key().as_bytes());
        assert_eq!(verify(&file, &other, output).unwrap_err().reason, "BAD_RECORDS_FORGED");
        let changed = String::from_utf8(signed.json).unwrap().replace("Huimin", "Humin");
        std::fs::write(&file, changed).unwrap();
        let refused = verify(&file, &own, output).unwrap_err();
        assert_eq!((refused.reason.as_str(), refused.exit_code()), ("BAD_RECORDS_CHANGED", 1));
    }
}

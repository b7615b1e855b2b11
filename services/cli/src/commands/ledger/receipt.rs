//! Checks a receipt's QR with nothing but its text and the shop's public keys; layout in
//! proto/chit/checkout/v1/goods.proto, SignedReceipt.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use chit_proto::ledger::v1::journal_record::Change;
use chit_proto::ledger::v1::{JournalRecord, Transfer};
use ed25519_dalek::{Signature, VerifyingKey};
use iso_currency::Currency;
use prost::Message as _;
use ulid::Ulid;

use super::verify::{self, Tree};
use super::{key_text, unreadable};
use crate::failure::Failure;

const PREFIX: &str = "CHIT1:";
/// Of receipts since version 3, whose body has the evidence, too; older ones are on paper and stay good.
const SIGNATURE_DOMAIN: &[u8] = b"chit/receipt/v3\0";
const BODY_LEN: usize = 106;
const SIGNATURE_DOMAIN_V2: &[u8] = b"chit/receipt/v2\0";
const BODY_LEN_V2: usize = 74;
const SIGNATURE_LEN: usize = 64;

/// What the till signed.
#[derive(Debug, PartialEq, Eq)]
pub struct Receipt {
    pub sale_id: String,
    pub amount_minor: i64,
    pub currency_code: String,
    /// Seconds since the Unix epoch.
    pub time_s: u32,
    /// The sale's record, and how many records the ledger had then.
    pub seq: u64,
    pub tree_size: u64,
    pub root: [u8; 32],
    /// SHA-256 of the hashes of goods and photo 1, one after the other; `None` before version 3.
    pub evidence: Option<[u8; 32]>,
}

/// The public key as `chit ledger key` prints it, or the file that holds it.
pub fn key(text: &str) -> Result<VerifyingKey, Failure> {
    let wrong = || Failure::usage("--receipt-key must be 64 hexadecimal digits, or a file that holds them");
    let digits = if text.len() == 64 { text.to_owned() } else { key_text(text)? };
    let bytes: [u8; 32] =
        hex::decode(digits.trim()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)?;
    VerifyingKey::from_bytes(&bytes).map_err(|_no_point| wrong())
}

pub fn read(text: &str, key: &VerifyingKey) -> Result<Receipt, Failure> {
    let forged = |what: &str| Failure::other("RECEIPT_FORGED", what.to_owned());
    let damaged = || forged("this is no receipt of Chit, or a character of it is wrong: scan it again");
    let coded = text.trim().strip_prefix(PREFIX).ok_or_else(damaged)?;
    let bytes = base45::decode(coded).map_err(|_no_base45| damaged())?;
    let domain = match bytes.len().checked_sub(SIGNATURE_LEN) {
        Some(BODY_LEN) => SIGNATURE_DOMAIN,
        Some(BODY_LEN_V2) => SIGNATURE_DOMAIN_V2,
        _ => return Err(damaged()),
    };
    let (body, signature) = bytes.split_at(bytes.len() - SIGNATURE_LEN);
    let signature = Signature::from_slice(signature).map_err(|_length| damaged())?;
    key.verify_strict(&[domain, body].concat(), &signature).map_err(|_mismatch| {
        forged("the receipt is not signed by this till's key: it was changed or made up")
    })?;
    parse(body).ok_or_else(damaged)
}

fn parse(mut body: &[u8]) -> Option<Receipt> {
    fn take<const N: usize>(body: &mut &[u8]) -> Option<[u8; N]> {
        let (first, rest) = body.split_first_chunk()?;
        *body = rest;
        Some(*first)
    }
    let body = &mut body;
    let sale_id = Ulid::from(u128::from_be_bytes(take(body)?)).to_string();
    let amount_minor = i64::from_be_bytes(take(body)?);
    let currency_code = Currency::from_numeric(u16::from_be_bytes(take(body)?))?.code().to_owned();
    let time_s = u32::from_be_bytes(take(body)?);
    let seq = u64::from_be_bytes(take(body)?);
    let tree_size = seq.checked_add(u64::from(u32::from_be_bytes(take(body)?)))?;
    let root = take(body)?;
    let evidence = if body.is_empty() { None } else { Some(take(body)?) };
    Some(Receipt { sale_id, amount_minor, currency_code, time_s, seq, tree_size, root, evidence })
}

/// Does a verified export hold the receipt's sale, and had its first records the receipt's root? Then nothing that is older
/// than the receipt was changed since.
pub fn in_export(receipt: &Receipt, file: &Path, ledger_key: &str) -> Result<(), Failure> {
    let opened = File::open(file).map_err(|error| unreadable(file, &error))?;
    let (mut tree, mut root, mut sale) = (Tree::default(), None, false);
    verify::read(BufReader::new(opened), &key_text(ledger_key)?, |seq, stored| {
        tree.append(&stored);
        if seq == receipt.seq {
            sale = is_sale(receipt, &stored);
        }
        if seq == receipt.tree_size {
            root = Some(tree.root().0);
        }
        Ok(())
    })?;
    let differs = |text: &str| Err(Failure::other("RECEIPT_DIFFERS", text));
    match root {
        None => differs("the export ends before the receipt: ask for a newer one"),
        Some(root) if root != receipt.root => {
            differs("the records up to the receipt are not those the till signed: the ledger was rewritten")
        }
        Some(_) if !sale => differs("the ledger's record is about another sale than the receipt"),
        Some(_) => Ok(()),
    }
}

fn is_sale(receipt: &Receipt, stored: &[u8]) -> bool {
    let record = stored.split_first().and_then(|(_version, body)| JournalRecord::decode(body).ok());
    let Some(Change::Transfer(transfer)) = record.and_then(|record| record.change) else { return false };
    let Transfer { external_ref, amount, .. } = transfer;
    let same = |money: chit_proto::money::v1::Money| {
        money.amount_minor == receipt.amount_minor && money.currency_code == receipt.currency_code
    };
    external_ref == receipt.sale_id && amount.is_some_and(same)
}

#[cfg(test)]
mod tests {
    use chit_proto::money::v1::Money;
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::verify::tests::{Signer, export, records};
    use super::*;

    fn receipt() -> (Receipt, Vec<u8>) {
        let sale = Ulid::from_parts(1_795_000_000_000, 7);
        let mut body = u128::from(sale).to_be_bytes().to_vec();
        body.extend(1250_i64.to_be_bytes());
        body.extend(156_u16.to_be_bytes());
        body.extend(1_795_000_000_u32.to_be_bytes());
        body.extend(42_u64.to_be_bytes());
        body.extend(3_u32.to_be_bytes());
        body.extend([9; 32]);
        body.extend([5; 32]);
        let receipt = Receipt {
            sale_id: sale.to_string(),
            amount_minor: 1250,
            currency_code: "CNY".to_owned(),
            time_s: 1_795_000_000,
            seq: 42,
            tree_size: 45,
            root: [9; 32],
            evidence: Some([5; 32]),
        };
        (receipt, body)
    }

    fn signed(mut body: Vec<u8>, seed: u8) -> Vec<u8> {
        let domain = if body.len() == BODY_LEN { SIGNATURE_DOMAIN } else { SIGNATURE_DOMAIN_V2 };
        let signature = SigningKey::from_bytes(&[seed; 32]).sign(&[domain, &body].concat());
        body.extend(signature.to_bytes());
        body
    }

    fn text(bytes: &[u8]) -> String {
        format!("{PREFIX}{}", base45::encode(bytes))
    }

    #[test]
    fn a_receipt_says_what_the_till_signed_and_no_byte_of_it_may_change() {
        let till = SigningKey::from_bytes(&[7; 32]).verifying_key();
        let (receipt, body) = receipt();
        let good = signed(body.clone(), 7);
        assert_eq!(read(&text(&good), &till).unwrap(), receipt);
        let older = signed(body[..BODY_LEN_V2].to_vec(), 7);
        assert_eq!(read(&text(&older), &till).unwrap(), Receipt { evidence: None, ..receipt });
        for place in 0..good.len() {
            let mut changed = good.clone();
            changed[place] ^= 1 << (place % 8);
            let failure = read(&text(&changed), &till).unwrap_err();
            assert_eq!((failure.reason.as_str(), failure.exit_code()), ("RECEIPT_FORGED", 1), "byte {place}");
        }
        assert!(read(&text(&signed(body, 8)), &till).is_err(), "another till's");
        assert!(read("CHIT1:", &till).is_err());
        assert!(read(&text(&good)[1..], &till).is_err());
    }

    fn sale_record(seq: u64, receipt: &Receipt) -> Vec<u8> {
        let amount =
            Money { amount_minor: receipt.amount_minor, currency_code: receipt.currency_code.clone() };
        let transfer =
            Transfer { external_ref: receipt.sale_id.clone(), amount: Some(amount), ..Transfer::default() };
        let record =
            JournalRecord { seq, change: Some(Change::Transfer(transfer)), ..JournalRecord::default() };
        [vec![1], record.encode_to_vec()].concat()
    }

    #[test]
    fn an_export_holds_the_receipts_sale_and_a_rewritten_one_does_not() {
        let ledger = Signer::new(7);
        let receipt = Receipt { seq: 3, tree_size: 4, ..receipt().0 };
        let mut stored = records();
        stored[2] = sale_record(3, &receipt);
        let mut tree = Tree::default();
        stored[..4].iter().for_each(|record| tree.append(record));
        let receipt = Receipt { root: tree.root().0, ..receipt };
        let verdict = |receipt: &Receipt, stored: &[Vec<u8>]| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), export(&ledger, stored)).unwrap();
            let outcome = in_export(receipt, file.path(), &ledger.verifier_key());
            outcome.map_err(|failure| (failure.reason.clone(), failure.exit_code()))
        };
        let differs = Err(("RECEIPT_DIFFERS".to_owned(), 1));
        assert_eq!(verdict(&receipt, &stored), Ok(()));
        assert_eq!(verdict(&receipt, &stored[..4]), Ok(()));
        assert_eq!(verdict(&receipt, &stored[..3]), differs, "too short");
        let mut rewritten = stored.clone();
        rewritten[0] = sale_record(1, &receipt);
        assert_eq!(
            verdict(&receipt, &rewritten),
            differs,
            "signed by the ledger's own key, yet another history"
        );
        let other = Receipt { amount_minor: 9999, ..receipt };
        assert_eq!(verdict(&other, &stored), differs, "another amount");
    }
}

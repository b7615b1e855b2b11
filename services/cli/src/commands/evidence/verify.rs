//! `chit evidence verify`: offline, from the bytes as stored (proto/formats/evidence), the shop's public keys, and what
//! the ledger witnesses.

mod files;
mod proof;
mod source;
mod tell;
mod verdict;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use chit_evidence::{MANIFEST_FILE, MANIFEST_LEN_MAX, SIGNATURE_FILE, Verified};
use chit_runtime::Shared;
use clap::Args;
use sha2::{Digest as _, Sha256};

use super::super::keys::PublicKeys;
use super::super::ledger;
use crate::failure::Failure;
use crate::output::Output;
use files::Seen;
pub use proof::{FORMAT as PROOF_FORMAT, PROOF_FILE, Proof, Record};
use proof::{PROOF_LEN_MAX, Witnessed};
use source::Source;
use verdict::Judged;
pub use verdict::{FORMAT as VERDICT_FORMAT, VERDICT_FILE, VerdictFile};

const KEY_DIGITS: usize = 64;

#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// Folder of a bundle, or an export: its zip file or the folder it was unpacked to.
    path: PathBuf,
    /// The shop's public keys: a file that `chit --json keys` wrote, or the evidence key alone, 64 hexadecimal digits. Got by
    /// another way than the bundle. Without it the shop's own keys folder is read.
    #[arg(long, value_name = "FILE|HEX", alias = "public-key")]
    pub key: Option<String>,
    /// ULID of the sale that the bundle must be of [default: the name of the bundle's folder, or the receipt's sale].
    #[arg(long, value_name = "ULID")]
    sale: Option<String>,
    /// Text of the payer's receipt QR, CHIT1:...: it must have been signed for these goods and this photo.
    #[arg(long, value_name = "TEXT")]
    receipt: Option<String>,
    /// An export of the whole ledger. It shows more than the proof that an export of evidence brings along: that no second
    /// manifest of the sale was witnessed.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Key of the issuer that judged the payer's reply, 64 hexadecimal digits, got from the issuer itself. The verdict that goes
    /// along must be signed by it, and say that the reply was right for this sale, this evidence and no more than this amount.
    #[arg(long, value_name = "HEX")]
    issuer_key: Option<String>,
    /// Accept that video and photos are not there: they were erased at the end of their term, or this is a redacted copy.
    #[arg(long)]
    without_film: bool,
    /// Do not ask what the ledger witnesses. Whoever has the shop's key could have made the bundle at any time, then.
    #[arg(long, conflicts_with = "export")]
    without_ledger: bool,
}

/// What is wrong, and with which file.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    file: String,
    /// For programs.
    reason: &'static str,
    what: String,
}

impl Fault {
    fn new(file: &str, reason: &'static str, what: &str) -> Self {
        Self { file: file.to_owned(), reason, what: what.to_owned() }
    }
}

struct Verdict {
    /// Without it there is nothing to say but the fault.
    bundle: Option<Verified>,
    files: Vec<Seen>,
    companions: Vec<String>,
    witnessed: Option<Witnessed>,
    judged: Option<Judged>,
    receipt_compared: bool,
    faults: Vec<Fault>,
}

/// Against keys that were given.
pub fn offline(args: &VerifyArgs, output: Output) -> Option<Result<(), Failure>> {
    let key = args.key.as_deref()?;
    Some(Keys::given(key).and_then(|keys| judge(args, &keys, output)))
}

/// Against the keys of this shop.
pub fn at_the_shop(args: &VerifyArgs, shared: &Shared, config: &Path, output: Output) -> Result<(), Failure> {
    let keys = PublicKeys::of_shop(shared, config)?;
    judge(args, &Keys { evidence: keys.evidence.bytes()?, all: Some(keys) }, output)
}

struct Keys {
    evidence: [u8; 32],
    all: Option<PublicKeys>,
}

impl Keys {
    fn given(text: &str) -> Result<Self, Failure> {
        if text.len() == KEY_DIGITS && !Path::new(text).exists() {
            let wrong = || Failure::usage("--key is no Ed25519 public key of 64 hexadecimal digits");
            let bytes = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
            return Ok(Self { evidence: bytes.ok_or_else(wrong)?, all: None });
        }
        let keys = PublicKeys::read(Path::new(text))?;
        Ok(Self { evidence: keys.evidence.bytes()?, all: Some(keys) })
    }

    fn all(&self, what_for: &str) -> Result<&PublicKeys, Failure> {
        let needed = || {
            Failure::usage(format!(
                "{what_for} needs all of the shop's keys: --key FILE of `chit --json keys`"
            ))
        };
        self.all.as_ref().ok_or_else(needed)
    }
}

fn judge(args: &VerifyArgs, keys: &Keys, output: Output) -> Result<(), Failure> {
    let verdict = verify(args, keys)?;
    output.result(tell::text_of(&verdict), &tell::value_of(&verdict));
    if verdict.faults.is_empty() {
        return Ok(());
    }
    let names = verdict.faults.iter().map(|fault| format!("{} {}", fault.file.escape_debug(), fault.reason));
    let names = names.collect::<Vec<_>>().join(", ");
    Err(Failure::other(
        "EVIDENCE_TAMPERED",
        format!("not as it was sealed: {names}; ask for the shop's own copy"),
    ))
}

/// A failure means that nothing can be said; everything else is a fault of one file.
fn verify(args: &VerifyArgs, keys: &Keys) -> Result<Verdict, Failure> {
    let receipt = match &args.receipt {
        Some(text) => Some(ledger::receipt(text, &keys.all("--receipt")?.receipt.key)?),
        None => None,
    };
    let wanted = wanted_sale(args, receipt.as_ref().map(|receipt| receipt.sale_id.as_str()))?;
    let mut source = Source::open(&args.path)?;
    let bundle = match manifest(&mut source, keys, &wanted) {
        Ok(bundle) => bundle,
        Err(fault) => return Ok(Verdict::only(fault)),
    };
    let mut seen = files::check(&mut source, &bundle, args.without_film)?;
    let witnessed = match witnessed(args, keys, &mut source, &bundle)? {
        Ok(witnessed) => witnessed,
        Err(fault) => {
            seen.faults.push(fault);
            None
        }
    };
    if let Some(witnessed) = &witnessed {
        seen.faults.extend(witnessed.faults(&bundle));
        seen.faults.extend(files::amount_fault(seen.goods.as_ref(), witnessed));
    }
    let judged = match &args.issuer_key {
        Some(key) => {
            let asked =
                verdict::Asked { issuer: &issuer_key(key)?, goods: seen.goods.as_ref(), bundle: &bundle };
            let ledger = ledger_key(args, keys)?;
            match asked.verify(&mut source, ledger, witnessed.as_ref()) {
                Ok(judged) => Some(judged),
                Err(fault) => {
                    seen.faults.push(fault);
                    None
                }
            }
        }
        None => None,
    };
    seen.faults.extend(receipt.as_ref().and_then(|receipt| receipt_fault(receipt, &bundle)));
    let files::Checked { files, companions, faults, .. } = seen;
    Ok(Verdict {
        bundle: Some(bundle),
        files,
        companions,
        witnessed,
        judged,
        receipt_compared: receipt.is_some(),
        faults,
    })
}

impl Verdict {
    fn only(fault: Fault) -> Self {
        let (files, companions, faults) = (Vec::new(), Vec::new(), vec![fault]);
        Self {
            bundle: None,
            files,
            companions,
            witnessed: None,
            judged: None,
            receipt_compared: false,
            faults,
        }
    }
}

fn issuer_key(text: &str) -> Result<[u8; 32], Failure> {
    let key = hex::decode(text.trim()).ok().and_then(|key| key.try_into().ok());
    key.ok_or_else(|| Failure::usage("--issuer-key is no Ed25519 public key of 64 hexadecimal digits"))
}

/// None where the ledger is not to be asked.
fn ledger_key<'a>(args: &VerifyArgs, keys: &'a Keys) -> Result<Option<&'a str>, Failure> {
    if args.without_ledger {
        return Ok(None);
    }
    Ok(Some(&keys.all("what the ledger witnesses")?.ledger.key))
}

/// A good bundle of another sale proves nothing of this one, so somebody has to say which it should be.
fn wanted_sale(args: &VerifyArgs, of_receipt: Option<&str>) -> Result<String, Failure> {
    let is_ulid = |text: &&str| text.parse::<ulid::Ulid>().is_ok() && text.len() == 26;
    let path = args.path.canonicalize().unwrap_or_else(|_| args.path.clone());
    let of_name = path.file_stem().and_then(|stem| stem.to_str()).filter(is_ulid);
    if let (Some(said), Some(receipt)) = (args.sale.as_deref(), of_receipt)
        && !said.eq_ignore_ascii_case(receipt)
    {
        return Err(Failure::usage(format!("--sale {said} is not the receipt's sale {receipt}")));
    }
    let wanted = args.sale.as_deref().or(of_receipt).or(of_name).map(str::to_ascii_uppercase);
    wanted.ok_or_else(|| {
        Failure::usage("say which sale this evidence must be of: --sale ULID, or the payer's --receipt")
    })
}

fn manifest(source: &mut Source, keys: &Keys, wanted: &str) -> Result<Verified, Fault> {
    let mut part = |name: &'static str, reason| match source.small(name, MANIFEST_LEN_MAX) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => {
            Err(Fault::new(name, reason, "is missing; give the folder of a sealed bundle, or an export"))
        }
        Err(error) => Err(Fault::new(name, "FILE_UNREADABLE", &error.to_string())),
    };
    let bytes = part(MANIFEST_FILE, "MANIFEST_MISSING")?;
    let signature = part(SIGNATURE_FILE, "SIGNATURE_MISSING")?;
    let verified = chit_evidence::verify(&bytes, &signature, &keys.evidence);
    let bound = verified.and_then(|bundle| bundle.is_of(wanted).map(|()| bundle));
    bound.map_err(|fault| Fault::new(MANIFEST_FILE, fault.reason(), &fault.to_string()))
}

type Asked = Result<Option<Witnessed>, Fault>;

fn witnessed(
    args: &VerifyArgs,
    keys: &Keys,
    source: &mut Source,
    bundle: &Verified,
) -> Result<Asked, Failure> {
    if args.without_ledger {
        return Ok(Ok(None));
    }
    let key = &keys.all("what the ledger witnesses")?.ledger.key;
    if let Some(file) = &args.export {
        let opened = File::open(file).map_err(|error| {
            Failure::other("EXPORT_UNREADABLE", format!("cannot read {}: {error}", file.display()))
        })?;
        return proof::read_journal(BufReader::new(opened), bundle, key).map(|witnessed| Ok(Some(witnessed)));
    }
    let missing = "is missing: nothing shows when this was sealed. Take an export of `chit evidence export`, or give the \
                   ledger's --export";
    Ok(match source.small(PROOF_FILE, PROOF_LEN_MAX) {
        Ok(Some(text)) => proof::read(&text, bundle, key).map(Some),
        Ok(None) => Err(Fault::new(PROOF_FILE, "PROOF_MISSING", missing)),
        Err(error) => Err(Fault::new(PROOF_FILE, "FILE_UNREADABLE", &error.to_string())),
    })
}

/// The payer has it on paper: the shop cannot change it any more.
fn receipt_fault(receipt: &ledger::Receipt, bundle: &Verified) -> Option<Fault> {
    let signed = receipt.evidence?;
    let of = |name: &str| {
        let entry = bundle.manifest.files.iter().find(|entry| entry.name == name);
        entry.map(|entry| entry.sha256.clone()).unwrap_or_else(|| vec![0; 32])
    };
    let (goods, photo) = (of("goods.bin"), of("photo-1.jpg"));
    // A photo that came after the paper was laid out does not stand on it.
    let as_printed = |photo: &[u8]| signed[..] == Sha256::digest([&goods[..], photo].concat())[..];
    if as_printed(&photo) || as_printed(&[0; 32]) {
        return None;
    }
    let what = "the receipt was signed for other goods, or for another photo 1";
    Some(Fault::new("receipt", "RECEIPT_DIFFERS", what))
}

#[cfg(test)]
mod tests;

//! The files of a bundle, as its manifest lists them.

use std::collections::BTreeSet;
use std::io;

use chit_evidence::{Expected, MANIFEST_FILE, SIGNATURE_FILE, Verified};
use chit_proto::checkout::v1::Goods;
use prost::Message as _;

use super::Fault;
use super::proof::{PROOF_FILE, Witnessed};
use super::source::Source;
use super::verdict::VERDICT_FILE;
use crate::failure::Failure;

/// What an export puts beside the files of the bundle.
const COMPANIONS: [&str; 2] = ["README.txt", "film-key.age"];
const COPY_PREFIX: &str = "redacted-";
pub const GOODS_FILE: &str = "goods.bin";
/// As media-capture takes them.
const GOODS_LEN_MAX: usize = 256 << 10;

pub struct Seen {
    pub expected: Expected,
    pub found: Found,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Whole,
    /// Not there, and that is accepted.
    Away,
    Bad,
}

pub struct Checked {
    pub files: Vec<Seen>,
    /// Beside the bundle, and not judged.
    pub companions: Vec<String>,
    /// `None`: sealed, or not there.
    pub goods: Option<Goods>,
    pub faults: Vec<Fault>,
}

pub fn check(source: &mut Source, bundle: &Verified, without_film: bool) -> Result<Checked, Failure> {
    let names = source.names().map_err(|error| Failure::other("EVIDENCE_UNREADABLE", error.to_string()))?;
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    let mut known =
        BTreeSet::from([MANIFEST_FILE, SIGNATURE_FILE, PROOF_FILE, VERDICT_FILE].map(str::to_owned));
    for (stored, plain) in bundle.stored().into_iter().zip(bundle.plain()) {
        // A bundle holds it sealed, an export plain; what is there is checked, be it both. Version 1 knows no difference.
        let forms = if plain.name == stored.name { vec![&plain] } else { vec![&plain, &stored] };
        let there: Vec<_> = forms.into_iter().filter(|file| names.contains(&file.name)).collect();
        known.extend([stored.name.clone(), plain.name.clone()]);
        if there.is_empty() && stored.film && without_film {
            files.push(Seen { expected: stored, found: Found::Away });
            continue;
        }
        let wanted = if there.is_empty() { vec![&stored] } else { there };
        for expected in wanted {
            let fault = file_fault(source, expected);
            let found = if fault.is_none() { Found::Whole } else { Found::Bad };
            faults.extend(fault);
            files.push(Seen { expected: expected.clone(), found });
        }
    }
    let mut companions = Vec::new();
    for name in names.difference(&known) {
        let copied = name.strip_prefix(COPY_PREFIX).is_some_and(|original| known.contains(original));
        if copied || COMPANIONS.contains(&name.as_str()) {
            companions.push(name.clone());
        } else {
            faults.push(Fault::new(name, "FILE_NOT_PART", "is not part of the sealed bundle"));
        }
    }
    let goods = goods(source, bundle, &files, &mut faults);
    Ok(Checked { files, companions, goods, faults })
}

fn file_fault(source: &mut Source, expected: &Expected) -> Option<Fault> {
    let fault = |reason, what: &str| Some(Fault::new(&expected.name, reason, what));
    match source.size_and_hash(&expected.name, expected.size_bytes) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && expected.film => fault(
            "FILE_MISSING",
            "is missing; if the ledger says that it was erased, or this is a redacted copy, give --without-film",
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => fault("FILE_MISSING", "is missing"),
        Err(error) => fault("FILE_UNREADABLE", &format!("cannot be read: {error}")),
        Ok((size, _)) if size < expected.size_bytes => {
            fault("FILE_SHORT", &format!("has {size} bytes, {} were sealed", expected.size_bytes))
        }
        Ok((size, _)) if size > expected.size_bytes => {
            fault("FILE_LONG", &format!("has more than the {} bytes that were sealed", expected.size_bytes))
        }
        Ok((_, hash)) if hash != expected.sha256 => fault("FILE_CHANGED", "was changed after it was sealed"),
        Ok(_) => None,
    }
}

/// Only what is whole is read.
fn goods(source: &mut Source, bundle: &Verified, files: &[Seen], faults: &mut Vec<Fault>) -> Option<Goods> {
    let whole = |seen: &Seen| seen.expected.name == GOODS_FILE && seen.found == Found::Whole;
    if !files.iter().any(whole) {
        return None;
    }
    let mut fault = |what| faults.push(Fault::new(GOODS_FILE, "GOODS_DIFFER", what));
    let bytes = source.small(GOODS_FILE, GOODS_LEN_MAX).ok().flatten()?;
    match Goods::decode(&bytes[..]) {
        Err(_) => fault("is no list of goods"),
        Ok(goods) if goods.sale_id != bundle.manifest.sale_id => fault("are the goods of another sale"),
        Ok(goods) => return Some(goods),
    }
    None
}

/// What was sold must cost what was booked.
pub fn amount_fault(goods: Option<&Goods>, witnessed: &Witnessed) -> Option<Fault> {
    let (total, sale) = (goods?.total.as_ref()?, witnessed.sale.as_ref()?);
    let same = total.amount_minor == sale.amount_minor && total.currency_code == sale.currency_code;
    (!same).then(|| Fault::new(GOODS_FILE, "AMOUNT_DIFFERS", "cost another sum than the ledger has booked"))
}

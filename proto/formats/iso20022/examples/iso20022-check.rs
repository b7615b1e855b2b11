//! `iso20022-check read FILE…` says of each bank file what it is, or why it is refused; `iso20022-check write DIR` writes
//! collections of both versions there. For the conformance recipe, whose other half is another schema checker.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use chit_iso20022::pain008::{self, Creditor, Debit, Group, Sequence, Totals, Version};
use chit_iso20022::{Limits, check};
use iso_currency::Currency;
use jiff::Timestamp;
use jiff::civil::date;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first().map(|(mode, rest)| (mode.as_str(), rest)) {
        Some(("read", files)) => {
            for name in files {
                match check(BufReader::new(File::open(name)?), &Limits::default()) {
                    Ok(summary) => {
                        println!("taken\t{name}\t{:?} of {} records", summary.message, summary.records)
                    }
                    Err(refused) => println!("refused\t{name}\t{refused}"),
                }
            }
        }
        Some(("write", [dir])) => {
            write(Path::new(dir), "pain.008.001.02.xml", Version::V02)?;
            write(Path::new(dir), "pain.008.001.08.xml", Version::V08)?;
        }
        _ => return Err("usage: iso20022-check read FILE… | write DIR".into()),
    }
    Ok(())
}

fn write(dir: &Path, name: &str, version: Version) -> Result<(), Box<dyn std::error::Error>> {
    for bic in [None, Some("COBADEFFXXX")] {
        let creditor = Creditor {
            name: "Müller & Söhne <Lebensmittel>".into(),
            iban: "NL91ABNA0417164300".into(),
            bic: bic.map(str::to_owned),
            creditor_id: "DE98ZZZ09999999999".into(),
            instrument: "CORE".into(),
        };
        let path = dir.join(format!("{}-{name}", if bic.is_some() { "bic" } else { "iban" }));
        let (out, at) = (BufWriter::new(File::create(path)?), Timestamp::from_second(1_795_000_000)?);
        let totals = Totals { debits: 4, minor: 4 * 12_850 };
        let id = "01KAV00000000000000000000B";
        let mut file = pain008::File::begin(out, version, id, at, &creditor, Currency::EUR, totals)?;
        for (sequence, group) in [
            (Sequence::First, "01KAV00000000000000000000B-F"),
            (Sequence::Recurrent, "01KAV00000000000000000000B-R"),
        ] {
            let totals = Totals { debits: 2, minor: 2 * 12_850 };
            file.group(&Group { id: group, sequence, collect_on: date(2026, 12, 8), totals })?;
            for name in ["Ana Ñandú", "王伟"] {
                file.debit(&Debit {
                    instruction_id: "01KAV00000000000000000000P",
                    end_to_end_id: "01KAV00000000000000000000S",
                    amount_minor: 12_850,
                    mandate_id: "01KAV00000000000000000000M",
                    mandate_signed: date(2026, 11, 1),
                    debtor_name: name,
                    debtor_iban: "DE89370400440532013000",
                    debtor_bic: bic,
                    remittance: "Receipt 8F3K",
                })?;
            }
        }
        file.finish()?;
    }
    Ok(())
}

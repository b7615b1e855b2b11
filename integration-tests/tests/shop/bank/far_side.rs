//! A bank of the older messages, which mock-bank does not speak: pain.008.001.02 comes in, pain.002.001.03 and
//! camt.054.001.02 go out. Written from the standard; it knows Chit's files by their elements only.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::SHOP_IBAN;

/// What a debit's elements say.
#[derive(Clone)]
struct Debit {
    instruction_id: String,
    amount: String,
    currency: String,
    collect_on: String,
}

#[derive(Default)]
pub struct FarSide {
    /// MsgIds that have arrived.
    taken: BTreeSet<String>,
    /// What it has collected, by EndToEndId.
    collected: BTreeMap<String, Vec<Debit>>,
}

impl FarSide {
    /// Takes all files from the folder, as a transfer program does. A status report for each.
    pub fn take(&mut self, folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let whole = names.filter(|path| path.extension().is_some_and(|extension| extension == "xml"));
        whole.map(|path| self.arrived(&path)).collect()
    }

    fn arrived(&mut self, path: &Path) -> String {
        let file = fs::read_to_string(path).unwrap();
        fs::remove_file(path).unwrap();
        assert!(file.contains("urn:iso:std:iso:20022:tech:xsd:pain.008.001.02"), "{file}");
        let message_id = inside(&file, "MsgId").to_owned();
        if !self.taken.insert(message_id.clone()) {
            return report(&message_id, "RJCT", "<StsRsnInf><Rsn><Cd>DUPL</Cd></Rsn></StsRsnInf>", "");
        }
        let mut debits = String::new();
        for group in parts(&file, "PmtInf") {
            let collect_on = inside(group, "ReqdColltnDt");
            let statuses: String = parts(group, "DrctDbtTxInf")
                .into_iter()
                .map(|debit| self.collect(debit, collect_on))
                .collect();
            let id = inside(group, "PmtInfId");
            debits += &format!(
                "<OrgnlPmtInfAndSts><OrgnlPmtInfId>{id}</OrgnlPmtInfId>{statuses}</OrgnlPmtInfAndSts>"
            );
        }
        report(&message_id, "ACCP", "", &debits)
    }

    fn collect(&mut self, debit: &str, collect_on: &str) -> String {
        let (instruction_id, sale_id) = (inside(debit, "InstrId"), inside(debit, "EndToEndId"));
        let (_, amount) = debit.split_once("<InstdAmt Ccy=\"").unwrap();
        let (currency, amount) = amount.split_once("\">").unwrap();
        let collected = Debit {
            instruction_id: instruction_id.to_owned(),
            amount: amount.split_once('<').unwrap().0.to_owned(),
            currency: currency.to_owned(),
            collect_on: collect_on.to_owned(),
        };
        self.collected.entry(sale_id.to_owned()).or_default().push(collected);
        format!(
            "<TxInfAndSts><OrgnlInstrId>{instruction_id}</OrgnlInstrId><OrgnlEndToEndId>{sale_id}</OrgnlEndToEndId>\
             <TxSts>ACCP</TxSts></TxInfAndSts>"
        )
    }

    /// How often the sale was debited.
    pub fn debits_of(&self, sale_id: &str) -> usize {
        self.collected.get(sale_id).map_or(0, Vec::len)
    }

    /// The sale's money has come.
    pub fn notification(&self, sale_id: &str) -> String {
        let entries: String = self.collected[sale_id].iter().map(|debit| entry(sale_id, debit)).collect();
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.02\"><BkToCstmrDbtCdtNtfctn>\
             <GrpHdr><MsgId>NT-{sale_id}</MsgId><CreDtTm>2026-12-05T08:00:00</CreDtTm></GrpHdr>\
             <Ntfctn><Id>NT-{sale_id}</Id><CreDtTm>2026-12-05T08:00:00</CreDtTm>\
             <Acct><Id><IBAN>{SHOP_IBAN}</IBAN></Id></Acct>{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
        )
    }
}

fn entry(sale_id: &str, debit: &Debit) -> String {
    let Debit { instruction_id, amount, currency, collect_on } = debit;
    let amount = format!("<Amt Ccy=\"{currency}\">{amount}</Amt>");
    format!(
        "<Ntry>{amount}<CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>{collect_on}</Dt></BookgDt><BkTxCd/>\
         <NtryDtls><TxDtls><Refs><InstrId>{instruction_id}</InstrId><EndToEndId>{sale_id}</EndToEndId></Refs>\
         <AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls></TxDtls></NtryDtls></Ntry>"
    )
}

fn report(message_id: &str, status: &str, reason: &str, debits: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt>\
         <GrpHdr><MsgId>{status}-{message_id}</MsgId><CreDtTm>2026-11-24T19:00:00</CreDtTm></GrpHdr>\
         <OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}</OrgnlMsgId><OrgnlMsgNmId>pain.008.001.02</OrgnlMsgNmId>\
         <GrpSts>{status}</GrpSts>{reason}</OrgnlGrpInfAndSts>{debits}</CstmrPmtStsRpt></Document>"
    )
}

/// What stands in the first element of this name.
fn inside<'a>(text: &'a str, name: &str) -> &'a str {
    parts(text, name).first().copied().unwrap_or_else(|| panic!("no {name}"))
}

/// What stands in each element of this name.
fn parts<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    text.split(&open).skip(1).map(|part| part.split(&close).next().unwrap()).collect()
}

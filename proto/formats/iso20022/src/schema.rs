//! What may stand where: the rules of `schema/*.txt`, read once.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::kind::Kind;
use crate::record::Message;

const FILES: [&str; 5] = [
    include_str!("schema/shared.txt"),
    include_str!("schema/pain002.txt"),
    include_str!("schema/camt.txt"),
    include_str!("schema/pacs004.txt"),
    include_str!("schema/pain008.txt"),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RuleId(usize);

#[derive(Debug)]
pub(crate) enum Rule {
    Sequence(Vec<Part>),
    Choice(Vec<Part>),
    Text(Kind),
    Any,
}

#[derive(Debug)]
pub(crate) struct Part {
    pub name: &'static str,
    pub rule: RuleId,
    pub required: bool,
    pub many: bool,
}

#[derive(Debug)]
pub(crate) struct Schema {
    rules: Vec<Rule>,
    by_name: HashMap<&'static str, RuleId>,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::parse(&FILES).expect("the schema files are part of the program; a test reads them")
});

impl Schema {
    pub(crate) fn get() -> &'static Self {
        &SCHEMA
    }

    pub(crate) fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.0]
    }

    /// The one element under Document, and its rule, of a message and version; `None` for those Chit does not know.
    pub(crate) fn root(&self, name: &str) -> Option<(Message, &'static str, RuleId)> {
        let (message, version) = name.rsplit_once('.')?;
        let (kind, element, rule) = match (message, version) {
            ("pain.002.001", "03" | "10" | "12" | "14" | "15") => {
                (Message::Pain002, "CstmrPmtStsRpt", "StatusReport")
            }
            ("camt.053.001", "08") => (Message::Camt053, "BkToCstmrStmt", "Statement08"),
            ("camt.053.001", "02") => (Message::Camt053, "BkToCstmrStmt", "Statement02"),
            ("camt.054.001", "08") => (Message::Camt054, "BkToCstmrDbtCdtNtfctn", "Notification08"),
            ("camt.054.001", "02") => (Message::Camt054, "BkToCstmrDbtCdtNtfctn", "Notification02"),
            ("pacs.004.001", "09" | "10" | "11") => (Message::Pacs004, "PmtRtr", "PaymentReturn"),
            ("pain.008.001", "02" | "08") => (Message::Pain008, "CstmrDrctDbtInitn", "DirectDebits"),
            _ => return None,
        };
        Some((kind, element, *self.by_name.get(rule)?))
    }

    fn parse(files: &[&'static str]) -> Result<Self, String> {
        let lines = || files.iter().flat_map(|file| file.lines()).filter(|line| !line.starts_with('#'));
        let mut schema = Self { rules: Vec::new(), by_name: HashMap::new() };
        for line in lines() {
            let (name, _) = line.split_once(" = ").ok_or_else(|| format!("no rule: {line}"))?;
            schema.add(name, Rule::Any);
        }
        for line in lines() {
            let (name, body) = line.split_once(" = ").unwrap_or((line, ""));
            let rule = if body.contains(" | ") {
                Rule::Choice(body.split(" | ").map(|part| schema.part(part)).collect::<Result<_, _>>()?)
            } else {
                Rule::Sequence(body.split(' ').map(|part| schema.part(part)).collect::<Result<_, _>>()?)
            };
            let RuleId(at) = schema.by_name[name];
            schema.rules[at] = rule;
        }
        Ok(schema)
    }

    fn add(&mut self, name: &'static str, rule: Rule) -> RuleId {
        let id = RuleId(self.rules.len());
        self.rules.push(rule);
        self.by_name.insert(name, id);
        id
    }

    fn part(&mut self, text: &'static str) -> Result<Part, String> {
        let (name, rule) = text.split_once(':').ok_or_else(|| format!("no part: {text}"))?;
        let (bare, required, many) = match name.chars().last() {
            Some('?') => (&name[..name.len() - 1], false, false),
            Some('*') => (&name[..name.len() - 1], false, true),
            Some('+') => (&name[..name.len() - 1], true, true),
            _ => (name, true, false),
        };
        let id = match self.by_name.get(rule) {
            Some(id) => *id,
            None if rule == "any" => self.add(rule, Rule::Any),
            None => {
                let kind = Kind::named(rule).ok_or_else(|| format!("no such rule: {rule}"))?;
                self.add(rule, Rule::Text(kind))
            }
        };
        Ok(Part { name: bare, rule: id, required, many })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_files_read_and_name_no_rule_that_is_missing() {
        let schema = Schema::parse(&FILES).expect("every rule");
        for name in
            ["pain.002.001.10", "camt.053.001.02", "camt.054.001.08", "pacs.004.001.09", "pain.008.001.02"]
        {
            assert!(schema.root(name).is_some(), "{name}");
        }
        assert!(schema.root("pain.001.001.09").is_none());
    }
}

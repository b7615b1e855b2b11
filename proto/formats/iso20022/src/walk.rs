//! Walks through a document beside its schema: what it hands on has its place, its order and its kind.

use std::io::BufRead;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use crate::kind::Kind;
use crate::record::Message;
use crate::refused::Refused;
use crate::schema::{Part, Rule, RuleId, Schema};
use crate::source::{Limits, Source};

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:";

/// What the walk hands on. Elements that only `any` knows are walked over in silence.
pub(crate) enum Step<'a> {
    Open(&'static str),
    /// Of a whole element without children: its text, and the currency beside it.
    Text(&'a str, Option<&'a str>),
    Close,
    End,
}

/// An element that is open.
struct Level {
    name: &'static str,
    /// None: inside `any`, where nobody looks.
    rule: Option<RuleId>,
    /// In a sequence: which part came last, and whether it came.
    at: usize,
    seen: bool,
    currency: Option<String>,
}

pub(crate) struct Walk<R: BufRead> {
    reader: NsReader<Source<R>>,
    buffer: Vec<u8>,
    levels: Vec<Level>,
    text: String,
    closed: Option<Level>,
    /// Of the document, and what stands under it.
    namespace: String,
    root: Option<(&'static str, RuleId)>,
    depth_max: usize,
    pub(crate) message: Option<Message>,
    begun: bool,
}

impl<R: BufRead> Walk<R> {
    pub(crate) fn new(input: R, limits: &Limits) -> Self {
        let mut reader = NsReader::from_reader(Source::new(input, limits.bytes));
        let config = reader.config_mut();
        config.check_comments = true;
        config.check_end_names = true;
        config.expand_empty_elements = true;
        Self {
            reader,
            buffer: Vec::new(),
            levels: Vec::new(),
            text: String::new(),
            closed: None,
            namespace: String::new(),
            root: None,
            depth_max: limits.depth,
            message: None,
            begun: false,
        }
    }

    pub(crate) fn refuse(&self, reason: impl Into<String>) -> Refused {
        let path: Vec<&str> = self.levels.iter().map(|level| level.name).collect();
        Refused { line: self.reader.get_ref().line(), path: path.join("/"), reason: reason.into() }
    }

    pub(crate) fn next(&mut self) -> Result<Step<'_>, Refused> {
        loop {
            self.buffer.clear();
            self.reader.get_mut().next_piece();
            let mut buffer = std::mem::take(&mut self.buffer);
            let turn = match self.reader.read_resolved_event_into(&mut buffer) {
                Ok((namespace, event)) => {
                    let namespace = match namespace {
                        ResolveResult::Bound(name) if name.into_inner() == self.namespace.as_bytes() => {
                            Space::Ours
                        }
                        ResolveResult::Bound(name) if !self.begun => {
                            Space::Named(String::from_utf8_lossy(name.into_inner()).into_owned())
                        }
                        _ => Space::Other,
                    };
                    self.turn(namespace, event)
                }
                Err(error) => {
                    let over = self.reader.get_ref().over.map(str::to_owned);
                    Err(self.refuse(over.unwrap_or_else(|| format!("not well-formed XML: {error}"))))
                }
            };
            self.buffer = buffer;
            match turn? {
                Turn::Nothing => {}
                Turn::Opened => return Ok(Step::Open(self.levels.last().map_or("", |level| level.name))),
                Turn::Closed => break,
                Turn::End => return Ok(Step::End),
            }
        }
        Ok(match &self.closed {
            Some(level) if matches!(level.rule.map(|rule| Schema::get().rule(rule)), Some(Rule::Text(_))) => {
                Step::Text(&self.text, level.currency.as_deref())
            }
            _ => Step::Close,
        })
    }

    fn turn(&mut self, namespace: Space, event: Event<'_>) -> Result<Turn, Refused> {
        match event {
            Event::Start(tag) => self.open(namespace, &tag),
            Event::End(_) => self.close(),
            Event::Text(text) => {
                let text = text.decode().map_err(|_| self.refuse("not written in UTF-8"))?.into_owned();
                self.add_text(&text)
            }
            Event::CData(text) => {
                let text = text.decode().map_err(|_| self.refuse("not written in UTF-8"))?.into_owned();
                self.add_text(&text)
            }
            Event::GeneralRef(reference) => {
                let letter = resolve(&reference)
                    .ok_or_else(|| self.refuse("an entity; only & < > ' \" may be escaped"))?;
                self.add_text(letter.encode_utf8(&mut [0; 4]))
            }
            Event::DocType(_) => Err(self.refuse("a DTD; bank files have none")),
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().and_then(Result::ok);
                match encoding {
                    Some(name)
                        if !name.eq_ignore_ascii_case(b"utf-8")
                            && !name.eq_ignore_ascii_case(b"us-ascii") =>
                    {
                        Err(self.refuse("not written in UTF-8; ask the bank for UTF-8"))
                    }
                    _ => Ok(Turn::Nothing),
                }
            }
            Event::Comment(_) | Event::PI(_) => Ok(Turn::Nothing),
            Event::Eof if self.levels.is_empty() && self.begun => Ok(Turn::End),
            Event::Eof => Err(self.refuse("the file ends too early")),
            Event::Empty(_) => Err(self.refuse("an empty element was not expanded")),
        }
    }

    fn open(&mut self, namespace: Space, tag: &BytesStart<'_>) -> Result<Turn, Refused> {
        let name = std::str::from_utf8(tag.local_name().into_inner())
            .map_err(|_| self.refuse("not written in UTF-8"))?;
        if self.levels.len() >= self.depth_max {
            return Err(self.refuse(format!("more than {} elements inside each other", self.depth_max)));
        }
        if self.levels.is_empty() {
            return self.open_document(namespace, name);
        }
        if self.levels.last().is_some_and(|above| above.rule.is_none()) {
            self.levels.push(Level::new("*", None));
            return Ok(Turn::Nothing);
        }
        if namespace != Space::Ours {
            return Err(self.refuse(format!("{name} is of another namespace")));
        }
        let (name, rule) = self.place(name).map_err(|reason| self.refuse(reason))?;
        let mut level = Level::new(name, Some(rule));
        match Schema::get().rule(rule) {
            Rule::Any => level.rule = None,
            Rule::Text(Kind::Amount) => level.currency = Some(self.currency(tag)?),
            _ => {}
        }
        self.text.clear();
        let walked = level.rule.is_some();
        self.levels.push(level);
        Ok(if walked { Turn::Opened } else { Turn::Nothing })
    }

    fn open_document(&mut self, namespace: Space, name: &str) -> Result<Turn, Refused> {
        if self.begun {
            return Err(self.refuse("a second document; a file holds one"));
        }
        let Space::Named(namespace) = namespace else {
            return Err(self.refuse(format!("{name} has no namespace")));
        };
        let root = Schema::get().root(namespace.strip_prefix(NAMESPACE).unwrap_or_default());
        let Some((message, element, rule)) = root.filter(|_| name == "Document") else {
            let known = "pain.002, camt.053, camt.054, pacs.004 or pain.008 of a version that Chit knows";
            return Err(self.refuse(format!("{name} of {namespace:?} is no {known}")));
        };
        (self.begun, self.namespace, self.message) = (true, namespace, Some(message));
        self.root = Some((element, rule));
        self.levels.push(Level::new("Document", Some(rule)));
        Ok(Turn::Nothing)
    }

    fn currency(&self, tag: &BytesStart<'_>) -> Result<String, Refused> {
        let attribute = tag.try_get_attribute("Ccy").map_err(|error| self.refuse(error.to_string()))?;
        let Some(attribute) = attribute else {
            return Err(self.refuse("an amount without Ccy, its currency"));
        };
        let code = String::from_utf8_lossy(&attribute.value).into_owned();
        Kind::Currency.check(&code).map_err(|why| self.refuse(format!("Ccy: {why}")))?;
        Ok(code)
    }

    /// Is `name` expected now, and which rule has it?
    fn place(&mut self, name: &str) -> Result<(&'static str, RuleId), String> {
        let (depth, root) = (self.levels.len(), self.root);
        let unexpected = || format!("{name} is not expected here");
        let level = self.levels.last_mut().ok_or_else(unexpected)?;
        if depth == 1 {
            let expected = root.filter(|(element, _)| *element == name && !level.seen);
            level.seen = true;
            return expected.ok_or_else(unexpected);
        }
        match level.rule.map(|rule| Schema::get().rule(rule)) {
            Some(Rule::Sequence(parts)) => next_part(parts, level, name),
            Some(Rule::Choice(parts)) => {
                let part = parts.iter().find(|part| part.name == name).ok_or_else(unexpected)?;
                if std::mem::replace(&mut level.seen, true) {
                    return Err(format!("{name} is one too many: one of the choice is given"));
                }
                Ok((part.name, part.rule))
            }
            _ => Err(unexpected()),
        }
    }

    fn close(&mut self) -> Result<Turn, Refused> {
        let Some(level) = self.levels.last() else { return Ok(Turn::Nothing) };
        let Some(rule) = level.rule else {
            self.levels.pop();
            return Ok(Turn::Nothing);
        };
        let missing = if self.levels.len() == 1 {
            (!level.seen).then_some("a message")
        } else {
            match Schema::get().rule(rule) {
                Rule::Sequence(parts) => {
                    let from = if level.seen { level.at + 1 } else { level.at };
                    parts.iter().skip(from).find(|part| part.required).map(|part| part.name)
                }
                Rule::Choice(parts) => (!level.seen).then(|| parts[0].name),
                Rule::Text(kind) => {
                    kind.check(&self.text).map_err(|why| self.refuse(why))?;
                    None
                }
                Rule::Any => None,
            }
        };
        if let Some(missing) = missing {
            return Err(self.refuse(format!("{missing} is missing")));
        }
        self.closed = self.levels.pop();
        Ok(if self.levels.is_empty() { Turn::Nothing } else { Turn::Closed })
    }

    fn add_text(&mut self, text: &str) -> Result<Turn, Refused> {
        let Some(level) = self.levels.last() else {
            return if text.trim_ascii().is_empty() {
                Ok(Turn::Nothing)
            } else {
                Err(self.refuse("text outside the document"))
            };
        };
        match level.rule.filter(|_| self.levels.len() > 1).map(|rule| Schema::get().rule(rule)) {
            Some(Rule::Text(_)) => self.text.push_str(text),
            None if level.rule.is_none() => {}
            _ if text.trim_ascii().is_empty() => {}
            _ => return Err(self.refuse("text between elements")),
        }
        Ok(Turn::Nothing)
    }
}

/// The namespace of an element.
#[derive(PartialEq, Eq)]
enum Space {
    Ours,
    /// Before the document has begun.
    Named(String),
    Other,
}

impl Level {
    fn new(name: &'static str, rule: Option<RuleId>) -> Self {
        Self { name, rule, at: 0, seen: false, currency: None }
    }
}

enum Turn {
    Nothing,
    Opened,
    Closed,
    End,
}

/// Moves on to the part of this name; what is passed over must not be required.
fn next_part(
    parts: &'static [Part],
    level: &mut Level,
    name: &str,
) -> Result<(&'static str, RuleId), String> {
    if let Some(part) = parts.get(level.at).filter(|part| level.seen && part.name == name) {
        return if part.many { Ok((part.name, part.rule)) } else { Err(format!("{name} is there twice")) };
    }
    let from = if level.seen { level.at + 1 } else { level.at };
    for (at, part) in parts.iter().enumerate().skip(from) {
        if part.name == name {
            (level.at, level.seen) = (at, true);
            return Ok((part.name, part.rule));
        }
        if part.required {
            return Err(format!("{} is missing before {name}, or {name} is not expected here", part.name));
        }
    }
    Err(format!("{name} is not expected here"))
}

/// The five of XML and characters by number; nobody declares others.
fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(letter)) = reference.resolve_char_ref() {
        return Some(letter);
    }
    match &**reference {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"apos" => Some('\''),
        b"quot" => Some('"'),
        _ => None,
    }
}

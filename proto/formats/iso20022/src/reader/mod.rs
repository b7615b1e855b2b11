//! One document after another: from the walk to records.

mod booking;
mod returned;
mod status;

use std::io::BufRead;

use crate::record::{Message, Record};
use crate::refused::Refused;
use crate::source::Limits;
use crate::walk::{Step, Walk};

/// What a whole file was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    pub message: Message,
    /// The file's own id.
    pub message_id: String,
    pub records: u64,
}

/// What the elements of one message become.
trait Reading {
    fn open(&mut self, path: &[&str]);
    fn text(&mut self, path: &[&str], text: &str, currency: Option<&str>) -> Result<(), String>;
    /// `path` ends with the element that was closed.
    fn close(&mut self, path: &[&str], found: &mut dyn FnMut(Record)) -> Result<(), String>;
}

/// A message of which nothing but the schema is looked at.
struct Unread;

impl Reading for Unread {
    fn open(&mut self, _: &[&str]) {}
    fn text(&mut self, _: &[&str], _: &str, _: Option<&str>) -> Result<(), String> {
        Ok(())
    }
    fn close(&mut self, _: &[&str], _: &mut dyn FnMut(Record)) -> Result<(), String> {
        Ok(())
    }
}

/// Reads a file to its end and hands out what it says. What was handed out counts only if the whole file is good: read
/// it once with [`check`], or keep the records until this returns.
pub fn read(input: impl BufRead, limits: &Limits, mut found: impl FnMut(Record)) -> Result<Summary, Refused> {
    walk(input, limits, &mut found)
}

/// Reads a file to its end and drops what it says.
pub fn check(input: impl BufRead, limits: &Limits) -> Result<Summary, Refused> {
    walk(input, limits, &mut |_| {})
}

fn walk(input: impl BufRead, limits: &Limits, found: &mut dyn FnMut(Record)) -> Result<Summary, Refused> {
    let mut walk = Walk::new(input, limits);
    let mut reading: Option<Box<dyn Reading>> = None;
    // Known at the close of the first MsgId, which every message has near its top.
    let (mut message_id, mut records) = (None, 0_u64);
    let mut path: Vec<&'static str> = Vec::new();
    loop {
        let done = match walk.next()? {
            Step::Open(name) => {
                path.push(name);
                if let Some(reading) = &mut reading {
                    reading.open(&path);
                }
                Ok(())
            }
            Step::Text(text, currency) => {
                if message_id.is_none() && path.last() == Some(&"MsgId") {
                    message_id = Some(text.to_owned());
                }
                let done = reading.as_mut().map_or(Ok(()), |reading| reading.text(&path, text, currency));
                path.pop();
                done
            }
            Step::Close => {
                let mut counted = |record| {
                    records += 1;
                    found(record);
                };
                let done = reading.as_mut().map_or(Ok(()), |reading| reading.close(&path, &mut counted));
                path.pop();
                done
            }
            Step::End => break,
        };
        done.map_err(|reason| walk.refuse(reason))?;
        if records > limits.records {
            return Err(walk.refuse(format!("more than {} records", limits.records)));
        }
        if reading.is_none() {
            reading = walk.message.map(reader_of);
        }
    }
    let (Some(message), Some(message_id)) = (walk.message, message_id) else {
        return Err(walk.refuse("the file is empty"));
    };
    Ok(Summary { message, message_id, records })
}

fn reader_of(message: Message) -> Box<dyn Reading> {
    match message {
        Message::Pain002 => Box::new(status::Statuses::default()),
        Message::Camt053 | Message::Camt054 => Box::new(booking::Bookings::default()),
        Message::Pacs004 => Box::new(returned::Returns::default()),
        Message::Pain008 | Message::Csv => Box::new(Unread),
    }
}

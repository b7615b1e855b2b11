use chit_proto::printer::v1::{CheckTextRequest, CheckTextResponse};
use chit_runtime::error::{bad_field, status};
use tonic::{Code, Status};

use super::Api;
use crate::domain::text::{BOX, gbk, printable};

const TEXTS_MAX: usize = 1_000;
const CHARS_MAX: usize = 200;

pub async fn call(api: &Api, request: CheckTextRequest) -> Result<CheckTextResponse, Status> {
    let long = request.texts.iter().any(|text| text.chars().count() > CHARS_MAX);
    if request.texts.len() > TEXTS_MAX || long {
        let remedy = "at most 1000 texts of at most 200 characters";
        return Err(bad_field("texts", "TEXTS_INVALID", remedy));
    }
    let (face, chinese_font) = (api.face.clone(), api.status.borrow().chinese_font);
    let has_letter = move |letter: char| {
        letter.is_ascii()
            || chinese_font && gbk(letter).is_some()
            || face.as_ref().is_some_and(|face| face.can_draw(letter))
    };
    // The fonts of the system may have to be read first.
    let checking = tokio::task::spawn_blocking(move || unprintable(&request.texts, &has_letter));
    let unprintable =
        checking.await.map_err(|error| status(Code::Internal, "STOPPING", error.to_string()))?;
    Ok(CheckTextResponse { unprintable })
}

fn unprintable(texts: &[String], has_letter: &dyn Fn(char) -> bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        // A letter that is never drawn is told as it was written.
        let never = text.chars().filter(|letter| printable(&letter.to_string()) == BOX.to_string());
        let missing = printable(text)
            .chars()
            .filter(|letter| *letter != BOX && !has_letter(*letter))
            .collect::<Vec<_>>();
        for letter in never.chain(missing).map(String::from) {
            if !found.contains(&letter) {
                found.push(letter);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_that_cannot_be_printed_is_told_once() {
        let known = |letter: char| letter.is_ascii() || "\u{8336}\u{f1}".contains(letter);
        let texts =
            ["tea \u{8336} ni\u{f1}o", "\u{1f381} box \u{1f381}", "\u{e000}\u{f1b}"].map(String::from);
        assert_eq!(unprintable(&texts, &known), ["\u{1f381}", "\u{e000}", "\u{f1b}"]);
        assert!(unprintable(&[], &known).is_empty());
    }
}

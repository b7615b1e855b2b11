//! Command lines (V.250, clause 5.2; 27.007, clause 4).

/// One command of a line.
#[derive(Debug, PartialEq)]
pub enum Command {
    /// `E0`, `&F`, `Z`: the letter (with its `&`) and the number, 0 when left out.
    Basic(String, u32),
    /// `+CMGS=23`: the upper-cased name with its sign, and what is asked.
    Extended(String, Ask),
}

#[derive(Debug, PartialEq)]
pub enum Ask {
    Execute,
    Read,
    Test,
    /// Parameters, without their quotes; left-out ones are empty.
    Set(Vec<String>),
}

/// The commands of a line, or `None` when the line is none: the text before the first `AT` is noise.
pub fn parse(line: &str) -> Option<Vec<Command>> {
    let start = line.as_bytes().windows(2).position(|pair| pair.eq_ignore_ascii_case(b"AT"))?;
    let mut rest = line[start + 2..].trim();
    let mut commands = Vec::new();
    while let Some(first) = rest.chars().next() {
        if first == ';' || first == ' ' {
            rest = &rest[1..];
        } else if first.is_ascii_alphabetic() || first == '&' {
            let head = if first == '&' { rest.chars().take(2).map(char::len_utf8).sum() } else { 1 };
            let digits = rest[head..].bytes().take_while(u8::is_ascii_digit).count();
            let number = rest[head..head + digits].parse().unwrap_or(0);
            commands.push(Command::Basic(rest[..head].to_ascii_uppercase(), number));
            rest = &rest[head + digits..];
        } else {
            let end = unquoted(rest, ';').next().unwrap_or(rest.len());
            commands.push(extended(rest[..end].trim()));
            rest = &rest[end..];
        }
    }
    Some(commands)
}

fn extended(text: &str) -> Command {
    let end = text.find(['=', '?']).unwrap_or(text.len());
    let ask = match &text[end..] {
        "" => Ask::Execute,
        "?" => Ask::Read,
        "=?" => Ask::Test,
        parameters => Ask::Set(parameters_of(&parameters[1..])),
    };
    Command::Extended(text[..end].to_ascii_uppercase(), ask)
}

fn parameters_of(text: &str) -> Vec<String> {
    let mut parameters = Vec::new();
    let mut from = 0;
    for end in unquoted(text, ',').chain([text.len()]) {
        parameters.push(text[from..end].trim().trim_matches('"').to_owned());
        from = (end + 1).min(text.len());
    }
    parameters
}

/// Where `wanted` is outside quotes.
fn unquoted(text: &str, wanted: char) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    text.char_indices().filter_map(move |(at, c)| {
        quoted ^= c == '"';
        (c == wanted && !quoted).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modem_parses_a_line_of_several_commands() {
        let set = |parameters: &[&str]| Ask::Set(parameters.iter().map(|p| p.to_string()).collect());
        assert_eq!(
            parse("\u{1b}atE0v1+cmee=1;+CPIN=\"1;2\",;+CSQ;+CREG?;+CMGD=?"),
            Some(vec![
                Command::Basic("E".into(), 0),
                Command::Basic("V".into(), 1),
                Command::Extended("+CMEE".into(), set(&["1"])),
                Command::Extended("+CPIN".into(), set(&["1;2", ""])),
                Command::Extended("+CSQ".into(), Ask::Execute),
                Command::Extended("+CREG".into(), Ask::Read),
                Command::Extended("+CMGD".into(), Ask::Test),
            ])
        );
        assert_eq!(parse("hello"), None);
        assert_eq!(parse("AT"), Some(vec![]));
    }
}

//! GS1 Digital Link URIs (version 1.4, section 4.10): any web address with a GTIN behind `/01/` in its path.

use super::gs1::Element;
use super::gtin::Gtin;

/// Keys beside the GTIN that are handed on; more are left out.
const ELEMENTS_MAX: usize = 16;

pub fn parse(text: &str) -> Option<(Vec<Element>, Gtin)> {
    let lower = text.get(..8)?.to_ascii_lowercase();
    let rest = ["https://", "http://"].iter().find(|scheme| lower.starts_with(**scheme));
    let rest = text.get(rest?.len()..)?;
    let (path, query) = rest.split_once('?').unwrap_or((rest.split('#').next()?, ""));
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let at = segments.windows(2).position(|pair| {
        matches!(pair[0].to_ascii_lowercase().as_str(), "01" | "gtin") && Gtin::parse(pair[1]).is_some()
    })?;
    let gtin = Gtin::parse(segments[at + 1])?;
    let mut elements = vec![Element { identifier: "01".to_owned(), value: gtin.as_str().to_owned() }];
    let in_path = segments[at + 2..].chunks_exact(2).map(|pair| (pair[0], pair[1]));
    let in_query =
        query.split('#').next().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    for (key, value) in in_path.chain(in_query) {
        let is_key = (2..=4).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_digit());
        if is_key && !value.is_empty() && value.len() <= 90 && elements.len() < ELEMENTS_MAX {
            elements.push(Element { identifier: key.to_owned(), value: value.to_owned() });
        }
    }
    Some((elements, gtin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gtin_is_found_wherever_the_path_begins() {
        for text in [
            "https://www.example.org/01/03274080005003",
            "HTTPS://EXAMPLE.ORG/some/path/01/03274080005003/10/LOT7?17=261231",
            "http://example.org/gtin/3274080005003#top",
        ] {
            assert_eq!(parse(text).unwrap().1.as_str(), "03274080005003", "{text}");
        }
        let (elements, _) = parse("https://e.org/01/03274080005003/10/LOT7?17=261231&x=1").unwrap();
        let keys: Vec<_> = elements.iter().map(|e| (e.identifier.as_str(), e.value.as_str())).collect();
        assert_eq!(keys, [("01", "03274080005003"), ("10", "LOT7"), ("17", "261231")]);
    }

    #[test]
    fn other_addresses_are_no_goods() {
        for text in [
            "https://e.org/01/03274080005004",
            "https://e.org/01",
            "https://e.org",
            "ftp://e.org/01/03274080005003",
            "h",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

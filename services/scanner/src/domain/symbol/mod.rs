//! What a code says: goods, a payer code, a payment code of others, or text. The one place that decides, for every source.
//! Total: any bytes have an answer.

pub mod aim;
mod digital_link;
pub mod gs1;
pub mod gtin;

pub use aim::Symbology;
pub use gs1::Element;
pub use gtin::Gtin;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `gtins` names the goods, the likeliest first.
    Goods,
    /// A number of the shop's own, EAN-13 20 to 29: the catalogue knows what its digits mean.
    InStore,
    /// Has the form of a payer code; whoever holds the issuer's key says whether it is one.
    PayerCode,
    /// EMVCo consumer-presented code: base64 of `85 05 "CPV01"`.
    EmvConsumer,
    /// EMVCo merchant-presented code: payload format indicator 01.
    EmvMerchant,
    /// A wallet's payer code; needs a network.
    Wallet,
    /// Digits in the length of a GTIN with a wrong check digit: a misread.
    Misread,
    /// Printable text, such as a label of the shop's own.
    Text,
    /// Bytes that are no text.
    Binary,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub kind: Kind,
    pub symbology: Symbology,
    /// A catalogue takes the first that it knows.
    pub gtins: Vec<Gtin>,
    /// Two or five digits beside an EAN or UPC: the issue of a magazine, the price of a book.
    pub add_on: String,
    pub elements: Vec<Element>,
}

impl Symbol {
    fn new(kind: Kind, symbology: Symbology) -> Self {
        Self { kind, symbology, gtins: Vec::new(), add_on: String::new(), elements: Vec::new() }
    }

    fn goods(symbology: Symbology, gtins: Vec<Gtin>) -> Self {
        let in_store = gtins.first().is_some_and(Gtin::is_in_store);
        Self { gtins, ..Self::new(if in_store { Kind::InStore } else { Kind::Goods }, symbology) }
    }

    /// Nothing that could follow on a line would make more of it: it need not be waited for.
    pub fn is_complete(&self) -> bool {
        matches!(
            self.kind,
            Kind::Goods
                | Kind::InStore
                | Kind::PayerCode
                | Kind::EmvConsumer
                | Kind::EmvMerchant
                | Kind::Wallet
        )
    }
}

/// `identifier` is the AIM symbology identifier, where the device sends one.
pub fn parse(data: &[u8], identifier: Option<&str>) -> Symbol {
    let symbology = identifier.and_then(aim::symbology).unwrap_or_default();
    parse_as(data, symbology)
}

/// With the symbology known from elsewhere, as a camera knows it.
pub fn parse_as(data: &[u8], symbology: Symbology) -> Symbol {
    let Some(text) = std::str::from_utf8(data).ok().map(str::trim) else {
        return Symbol::new(Kind::Binary, symbology);
    };
    let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if chit_payer_code::is_well_formed(text.as_bytes()) {
        return Symbol::new(Kind::PayerCode, symbology);
    }
    let looks_like_elements = symbology.is_gs1() || text.starts_with(['\u{1d}', '(']);
    if let Some(goods) = looks_like_elements.then(|| element_strings(text, symbology)).flatten() {
        return goods;
    }
    if all_digits {
        return numeric(text, symbology);
    }
    if text.starts_with("hQVDUFY") {
        return Symbol::new(Kind::EmvConsumer, symbology);
    }
    if is_emv_merchant(text) {
        return Symbol::new(Kind::EmvMerchant, symbology);
    }
    if let Some((elements, gtin)) = digital_link::parse(text) {
        return Symbol { elements, ..Symbol::goods(symbology, vec![gtin]) };
    }
    if let Some(goods) = element_strings(text, symbology) {
        return goods;
    }
    let printable = !text.is_empty()
        && !text.chars().any(|c| c.is_control() && !"\r\n\t\u{1d}\u{1e}\u{1f}\u{4}".contains(c));
    Symbol::new(if printable { Kind::Text } else { Kind::Binary }, symbology)
}

fn element_strings(text: &str, symbology: Symbology) -> Option<Symbol> {
    let (elements, gtin) = gs1::parse(text)?;
    Some(Symbol { elements, ..Symbol::goods(symbology, vec![gtin]) })
}

/// EMVCo merchant-presented mode 4.6: tag 00 length 02 value 01, then tags with lengths.
fn is_emv_merchant(text: &str) -> bool {
    let tail = text.strip_prefix("000201").unwrap_or_default();
    tail.len() >= 4 && tail.bytes().take(4).all(|byte| byte.is_ascii_digit())
}

/// A right check digit says more than a length, and a symbology more than a prefix.
fn numeric(text: &str, symbology: Symbology) -> Symbol {
    let mut gtins: Vec<Gtin> = [Gtin::parse(text), Gtin::of_upc_e(text)].into_iter().flatten().collect();
    if symbology == Symbology::UpcE {
        gtins.reverse();
    }
    gtins.dedup();
    if !gtins.is_empty() && !matches!(symbology, Symbology::QrCode if is_wallet(text)) {
        return Symbol::goods(symbology, gtins);
    }
    if let Some(goods) = element_strings(text, symbology) {
        return goods;
    }
    if is_wallet(text) && !symbology.is_ean_upc() {
        return Symbol::new(Kind::Wallet, symbology);
    }
    if let Some(goods) = with_add_on(text, symbology) {
        return goods;
    }
    if is_emv_merchant(text) {
        return Symbol::new(Kind::EmvMerchant, symbology);
    }
    let could_be_gtin = matches!(text.len(), 8 | 12 | 13 | 14);
    let is_label = matches!(
        symbology,
        Symbology::Code128 | Symbology::Code39 | Symbology::QrCode | Symbology::DataMatrix
    );
    Symbol::new(if could_be_gtin && !is_label { Kind::Misread } else { Kind::Text }, symbology)
}

/// EAN-13, UPC-A or EAN-8 with two or five digits beside it (GS1 General Specifications 5.2.2.5).
fn with_add_on(text: &str, symbology: Symbology) -> Option<Symbol> {
    let splits: &[usize] = match text.len() {
        10 => &[8],
        14 => &[12],
        15 => &[13],
        17 => &[12],
        18 => &[13],
        _ => return None,
    };
    splits.iter().find_map(|at| {
        let gtin = Gtin::parse(&text[..*at])?;
        Some(Symbol { add_on: text[*at..].to_owned(), ..Symbol::goods(symbology, vec![gtin]) })
    })
}

/// WeChat Pay: 18 digits that begin with 10 to 15. Alipay: 16 to 24 that begin with 25 to 30. UnionPay: 19 that begin with 62.
fn is_wallet(text: &str) -> bool {
    let Some(prefix) = text.get(..2).and_then(|prefix| prefix.parse::<u32>().ok()) else { return false };
    match text.len() {
        18 => (10..=15).contains(&prefix) || (25..=30).contains(&prefix),
        19 => prefix == 62 || (25..=30).contains(&prefix),
        16..=24 => (25..=30).contains(&prefix),
        _ => false,
    }
}

#[cfg(test)]
mod tests;

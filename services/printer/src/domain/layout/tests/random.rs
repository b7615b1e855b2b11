//! Ten thousand receipts of random Unicode: nothing is wider than the paper, and layout never alters a sum.

use super::*;

const RECEIPTS: u64 = 10_000;

/// SplitMix64 (Steele, Lea, Flood 2014): a receipt is made again from its number.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// ASCII, control bytes, ideographs, emoji and joiners, or anything at all.
    fn character(&mut self) -> char {
        let (low, high) = match self.below(10) {
            0..=3 => (0x20, 0x7f),
            4 => (0x00, 0x20),
            5..=7 => (0x4e00, 0x9fa6),
            8 => (0x1f300, 0x1f700),
            _ => (0x80, 0x110000),
        };
        char::from_u32(low + self.below(u64::from(high - low)) as u32).unwrap_or('\u{200d}')
    }

    fn text(&mut self, len_max: u64) -> String {
        (0..self.below(len_max + 1)).map(|_| self.character()).collect()
    }

    /// Any size of number, negative ones too.
    fn amount(&mut self) -> i64 {
        (self.next() as i64) >> self.below(60).max(24)
    }

    fn sale(&mut self) -> Sale {
        let lines: Vec<Line> = (0..=self.below(3))
            .map(|_| line(&self.text(40), self.amount(), self.amount(), self.amount()))
            .collect();
        Sale {
            receipt_no: self.text(20),
            shop_name: self.text(20),
            header_lines: vec![self.text(40)],
            till: self.text(10),
            cashier: self.text(20),
            sms_sender: self.text(20),
            lookup_code: self.text(12),
            sale_number: self.text(4),
            kept: Kept::Until(self.text(12)),
            total: money(lines.iter().map(|line| line.total_minor).sum()),
            lines,
            ..sale()
        }
    }
}

/// Columns the paper needs for a line as it is drawn.
fn drawn_width(text: &str, style: Style) -> usize {
    width(text) * if style.double { 2 } else { 1 }
}

#[test]
fn no_line_of_ten_thousand_receipts_is_wider_than_the_paper_and_every_sum_is_on_it() {
    let shop = Stationery::plain();
    for number in 0..RECEIPTS {
        let mut random = Random(number);
        let sale = random.sale();
        let language = if random.below(2) == 0 { Language::ZhCn } else { Language::En };
        let columns = [COLUMNS_58_MM, COLUMNS_80_MM][random.below(2) as usize];
        let edition = Edition::numbered(random.below(3) as u32);
        let totals: Vec<String> = sale.lines.iter().map(|line| money(line.total_minor).digits()).collect();
        let total = printable(&sale.total.with_currency(language));
        let page = lay_out(&document(language, Content::Sale(Box::new(sale))), edition, columns, &shop);
        let mut drawn = Vec::new();
        for element in &page.elements {
            if let Element::Text { text, style, .. } = element {
                assert!(drawn_width(text, *style) <= columns, "receipt {number}: {text:?}");
                assert!(text.chars().all(|c| !c.is_control()), "receipt {number}: {text:?}");
                drawn.push(text.as_str());
            }
        }
        for amount in totals.iter().chain([&total]) {
            assert!(drawn.iter().any(|text| text.ends_with(amount)), "receipt {number}: {amount}");
        }
    }
}

//! The report as a document.

mod sheet;
mod text;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo};
use pdf_writer::{Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::amount::grouped;
use crate::{Language, Report};
use sheet::{CHINESE, Column, LATIN, PAGE_PT, Sheets, Side};

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const LATIN_FONT: Ref = Ref::new(3);
const CHINESE_FONT: Ref = Ref::new(4);
const CHINESE_CIDS: Ref = Ref::new(5);
const CHINESE_FACE: Ref = Ref::new(6);
const INFO: Ref = Ref::new(7);
/// Pages and their contents follow, two numbers each.
const FIRST_PAGE: i32 = 8;
/// Of the Adobe Asian fonts that PDF readers supply (PDF 1.7, 9.7.5.2).
const STSONG: Name<'_> = Name(b"STSong-Light");

pub fn document(report: &Report, language: Language) -> Vec<u8> {
    let contents = written(report, language);
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGES).lang(TextStr(language.pick("en", "zh-CN")));
    let page_ref = |at: usize| Ref::new(FIRST_PAGE + 2 * i32::try_from(at).unwrap_or_default());
    let kids: Vec<Ref> = (0..contents.len()).map(page_ref).collect();
    pdf.pages(PAGES).kids(kids).count(i32::try_from(contents.len()).unwrap_or(i32::MAX));
    for (at, content) in contents.iter().enumerate() {
        let (id, content_id) = (page_ref(at), Ref::new(page_ref(at).get() + 1));
        let mut page = pdf.page(id);
        page.parent(PAGES).media_box(Rect::new(0.0, 0.0, PAGE_PT.0, PAGE_PT.1)).contents(content_id);
        page.resources().fonts().pair(LATIN, LATIN_FONT).pair(CHINESE, CHINESE_FONT);
        page.finish();
        pdf.stream(content_id, content);
    }
    fonts(&mut pdf);
    pdf.document_info(INFO).title(TextStr(title(language)));
    pdf.finish()
}

fn fonts(pdf: &mut Pdf) {
    pdf.type1_font(LATIN_FONT).base_font(Name(b"Helvetica")).encoding_predefined(Name(b"WinAnsiEncoding"));
    let mut font = pdf.type0_font(CHINESE_FONT);
    font.base_font(Name(b"STSong-Light-UniGB-UTF16-H"));
    font.encoding_predefined(Name(b"UniGB-UTF16-H")).descendant_font(CHINESE_CIDS);
    font.finish();
    let mut cids = pdf.cid_font(CHINESE_CIDS);
    cids.subtype(CidFontType::Type0).base_font(STSONG).default_width(1_000.0);
    cids.system_info(SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"GB1"), supplement: 4 });
    cids.font_descriptor(CHINESE_FACE);
    cids.finish();
    let mut face = pdf.font_descriptor(CHINESE_FACE);
    face.name(STSONG)
        .flags(FontFlags::SERIF | FontFlags::SYMBOLIC)
        .bbox(Rect::new(-134.0, -254.0, 1_001.0, 905.0));
    face.italic_angle(0.0).ascent(752.0).descent(-271.0).cap_height(737.0).stem_v(56.0);
}

fn title(language: Language) -> &'static str {
    language.pick("Reconciliation with the bank", "银行对账")
}

fn written(report: &Report, language: Language) -> Vec<Vec<u8>> {
    let mut sheets = Sheets::new();
    sheets.title(&format!("{}  {}", title(language), report.shop));
    sheets.paragraph(&format!("{} {}   {}", language.pick("As of", "截至"), report.made_at, report.currency));
    for line in totals(report, language) {
        sheets.paragraph(&line);
    }
    sheets.heading(language.pick("Batches", "批次"));
    sheets.table(&batch_columns(language), &batches(report, language));
    sheets.heading(language.pick("Days", "日期"));
    sheets.paragraph(language.pick(
        "The bank's columns are by its booking day, the ledger's by the day on which the ledger booked: a statement that was \
         imported later is booked later.",
        "银行各栏按银行记账日，账本各栏按账本记账日；较晚导入的对账单较晚记账。",
    ));
    sheets.table(&day_columns(language), &days(report));
    sheets.heading(language.pick("Exceptions", "异常"));
    if report.exceptions.is_empty() {
        sheets.paragraph(language.pick("None are open.", "没有未处理的异常。"));
    } else {
        sheets.table(&exception_columns(language), &exceptions(report, language));
    }
    sheets.finish(&format!("{}  {}", report.shop, report.made_at))
}

fn totals(report: &Report, language: Language) -> [String; 4] {
    let totals = &report.totals;
    let amount = |minor| grouped(minor, &report.currency);
    let line = |who, in_flight, at_bank| {
        let (flight, bank) = (language.pick("in flight", "在途"), language.pick("at the bank", "已到账"));
        format!("{who}: {flight} {}, {bank} {}", amount(in_flight), amount(at_bank))
    };
    let agree = language.pick("Bank and ledger agree.", "银行与账本一致。");
    let differ = language.pick("BANK AND LEDGER DO NOT AGREE.", "银行与账本不一致！");
    let owed = language.pick("Taken back by the bank and not paid since", "银行退回后尚未付清");
    [
        line(
            language.pick("Reported by the bank", "银行报告"),
            totals.reported_in_flight,
            totals.reported_at_bank,
        ),
        line(language.pick("Ledger", "账本"), totals.ledger_in_flight, totals.ledger_at_bank),
        format!("{owed}: {}", amount(totals.ledger_returned)),
        (if totals.agree() { agree } else { differ }).to_owned(),
    ]
}

fn left(head: &'static str, width_pt: f32) -> Column {
    Column { head, width_pt, side: Side::Left }
}

fn right(head: &'static str, width_pt: f32) -> Column {
    Column { head, width_pt, side: Side::Right }
}

/// Bank and ledger beside each other, for each of the things that may become of a debit.
fn side_columns(language: Language) -> [Column; 7] {
    [
        right(language.pick("Expected", "应收"), 60.0),
        right(language.pick("Came, bank", "到账（银行）"), 60.0),
        right(language.pick("ledger", "（账本）"), 60.0),
        right(language.pick("Refused, bank", "拒付（银行）"), 60.0),
        right(language.pick("ledger", "（账本）"), 60.0),
        right(language.pick("Taken back, bank", "退回（银行）"), 60.0),
        right(language.pick("ledger", "（账本）"), 60.0),
    ]
}

fn batch_columns(language: Language) -> Vec<Column> {
    let open = [
        right(language.pick("Open, bank", "未定（银行）"), 56.0),
        right(language.pick("ledger", "（账本）"), 56.0),
    ];
    let mut columns =
        vec![left(language.pick("Batch", "批次"), 124.0), left(language.pick("Made on", "日期"), 52.0)];
    columns.extend(side_columns(language));
    columns.extend(open);
    columns.push(left(language.pick("Agrees", "相符"), 40.0));
    columns
}

fn batches(report: &Report, language: Language) -> Vec<Vec<String>> {
    let amount = |minor| grouped(minor, &report.currency);
    let row = |batch: &crate::Batch| {
        let mut row = vec![batch.id.clone(), batch.made_on.clone()];
        row.extend(sides(&batch.sides, &report.currency));
        row.extend([batch.sides.reported.in_flight, batch.sides.ledger.in_flight].map(amount));
        row.push(
            if batch.agrees() { language.pick("yes", "是") } else { language.pick("NO", "否") }.to_owned(),
        );
        row
    };
    report.batches.iter().map(row).collect()
}

fn day_columns(language: Language) -> Vec<Column> {
    let mut columns = vec![left(language.pick("Day", "日期"), 66.0)];
    columns.extend(side_columns(language));
    columns
}

fn days(report: &Report) -> Vec<Vec<String>> {
    let row = |day: &crate::Day| {
        let mut row = vec![day.day.clone()];
        row.extend(sides(&day.sides, &report.currency));
        row
    };
    report.days.iter().map(row).collect()
}

fn sides(sides: &crate::Sides, currency: &str) -> [String; 7] {
    let (reported, ledger) = (&sides.reported, &sides.ledger);
    [
        sides.expected,
        reported.received,
        ledger.received,
        reported.refused,
        ledger.refused,
        reported.returned,
        ledger.returned,
    ]
    .map(|minor| grouped(minor, currency))
}

fn exception_columns(language: Language) -> Vec<Column> {
    vec![
        left(language.pick("What", "异常"), 130.0),
        left(language.pick("About", "关于"), 130.0),
        right(language.pick("Expected", "应收"), 60.0),
        right(language.pick("Reported", "银行金额"), 80.0),
        left(language.pick("Reason", "原因"), 60.0),
        right(language.pick("Age, days", "天数"), 44.0),
        left(language.pick("Owner", "负责人"), 60.0),
        left(language.pick("Do", "处理"), 200.0),
    ]
}

fn exceptions(report: &Report, language: Language) -> Vec<Vec<String>> {
    let row = |one: &crate::Exception| {
        let reported = one.reported.as_ref().map(|(minor, code)| format!("{} {code}", grouped(*minor, code)));
        vec![
            language.kind(&one.kind).to_owned(),
            one.about.clone(),
            one.expected.map(|minor| grouped(minor, &report.currency)).unwrap_or_default(),
            reported.unwrap_or_default(),
            one.reason.clone(),
            one.age_days.to_string(),
            one.owner.clone(),
            language.action(&one.action).to_owned(),
        ]
    };
    report.exceptions.iter().map(row).collect()
}

//! Invariant I12: phone numbers, SMS, payer codes and row codes appear in no log, no trace, no print journal and no store.

use std::fs;
use std::path::{Path, PathBuf};

use chit_integration_tests::ask;
use chit_integration_tests::desk::Desk;
use chit_integration_tests::house::{House, Place, SERVICES};
use chit_integration_tests::payer::Payer;
use chit_proto::checkout::v1::ListPayersRequest;
use serde_json::json;

use crate::open_shop::options;
use crate::rotel::Rotel;
use crate::whole_sale::play;

/// Digits of the payer's code that may not appear in a row: any part this long identifies them.
const CODE_PART: usize = 24;

/// As the script of `--once` enrols them.
const PAYER_NAME: &str = "王小明";

/// The payer's next number, as dialled in their country.
const NEW_PHONE: &str = "13700006666";

/// What must not be found, by name.
struct Secrets {
    whole: Vec<(&'static str, String)>,
    row_codes: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_traces_and_the_print_journal_hold_no_personal_data_and_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    let rotel = Rotel::start(dir.path());
    let loud: Vec<String> =
        SERVICES.iter().map(|name| format!("chit_{}=trace", name.replace('-', "_"))).collect();
    let mut options = options().set("chit", "log", format!("info,chit_runtime=trace,{}", loud.join(",")));
    options.otlp_endpoint = Some(rotel.endpoint.clone());
    let place = Place::temporary().unwrap();
    let house = House::start(place.clone(), &options).unwrap();
    house.ready().await.unwrap();
    let report = play(&house, &dir.path().join("artefacts")).await;
    let new_phone = change_phone(&house).await;
    let mut secrets = collect(&house, &report.payer_qr_png).await;
    secrets.whole.push(("new phone", new_phone));
    house.stop().unwrap();

    let mut scanned: Vec<PathBuf> = files_in(&place.logs());
    assert!(scanned.len() >= SERVICES.len(), "{scanned:?}");
    fs::write(dir.path().join("traces.txt"), rotel.printed()).unwrap();
    assert!(rotel.printed().contains("chit-checkout"), "traces were exported");
    scanned.push(dir.path().join("traces.txt"));
    scanned.extend(files_in(&place.root().join("state/printer")));
    for file in scanned {
        let found = secrets.found_in(&fs::read(&file).unwrap());
        assert!(found.is_empty(), "{} holds {found:?}", file.display());
    }
    let stored = all_files_in(&place.root().join("state"));
    assert!(stored.iter().any(|file| file.ends_with("sms-gateway.redb")), "{stored:?}");
    for file in stored {
        let bytes = fs::read(&file).unwrap();
        let mut found = secrets.found_in(&bytes);
        found.extend(secrets.found_as_devices_write_them(&bytes));
        if holds(&bytes, PAYER_NAME.as_bytes()) {
            found.push(("name", PAYER_NAME.to_owned()));
        }
        assert!(found.is_empty(), "{} holds {found:?}", file.display());
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Returns when the old number was warned.
async fn change_phone(house: &House) -> String {
    let desk = Desk::at(house).await.unwrap();
    let payers = ask!(desk.payers, list_payers, ListPayersRequest::default()).unwrap().payers;
    let sent = house.simulators.modem.ask(json!({ "cmd": "sent" })).await.unwrap();
    let old = sent["sent"][0]["to"].as_str().unwrap().to_owned();
    desk.change_phone(&payers[0].payer_id, &format!("+86{NEW_PHONE}")).await.unwrap();
    let mut old = Payer::calling_from(&house.simulators, old).await.unwrap();
    let warned = |text: &str| text.contains("手机号已更改") || text.contains("was changed");
    while !warned(&old.next_sms().await.unwrap().text) {}
    NEW_PHONE.to_owned()
}

async fn collect(house: &House, payer_qr: &Path) -> Secrets {
    let code = chit_integration_tests::payer::read_qr(payer_qr).await.unwrap();
    let mut whole = vec![
        ("payer code", code[..CODE_PART].to_owned()),
        ("payer code", code[100..][..CODE_PART].to_owned()),
    ];
    let sent = house.simulators.modem.ask(json!({ "cmd": "sent" })).await.unwrap();
    let sent = sent["sent"].as_array().unwrap().clone();
    assert!(sent.len() >= 3, "challenges and answers were sent");
    for sms in &sent {
        let text = |key: &str| sms[key].as_str().unwrap().to_owned();
        whole.push(("phone", text("to").trim_start_matches('+').to_owned()));
        whole.push(("phone", text("to").trim_start_matches("+86").to_owned()));
        whole.push(("text", text("text")));
        whole.push(("PDU", text("pdu")[20..].to_owned()));
    }
    let row_codes = row_codes_on_paper(&house.place.papers());
    assert_eq!(row_codes.len(), 60);
    Secrets { whole, row_codes }
}

/// From the paper that is a code card: it alone has sixty cells of this shape.
fn row_codes_on_paper(papers: &Path) -> Vec<String> {
    for file in files_in(papers) {
        if file.extension().is_some_and(|extension| extension == "txt") {
            let text = fs::read_to_string(&file).unwrap();
            let codes: Vec<String> = six_digit_groups(text.as_bytes()).collect();
            if codes.len() >= 60 {
                return codes.into_iter().take(60).collect();
            }
        }
    }
    panic!("no code card was printed");
}

impl Secrets {
    /// Numbers in swapped half-octets and texts in UCS-2, as in PDUs (3GPP TS 23.040, 9.1.2.3; TS 23.038).
    fn found_as_devices_write_them(&self, bytes: &[u8]) -> Vec<(&'static str, String)> {
        let swapped = |digits: &str| -> Vec<u8> {
            digits.as_bytes().chunks_exact(2).map(|pair| (pair[1] - b'0') << 4 | (pair[0] - b'0')).collect()
        };
        let ucs2 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let forms = |(what, part): &(&'static str, String)| match *what {
            "phone" | "new phone" if is_number(part) => holds(bytes, &swapped(part)),
            "text" => holds(bytes, &ucs2(part)),
            _ => false,
        };
        self.whole.iter().filter(|secret| forms(secret)).cloned().collect()
    }

    fn found_in(&self, bytes: &[u8]) -> Vec<(&'static str, String)> {
        let holds = |part: &str| bytes.windows(part.len()).any(|window| window == part.as_bytes());
        let mut found: Vec<_> = self.whole.iter().filter(|(_, part)| holds(part)).cloned().collect();
        let text = without_timestamps(bytes);
        let rows = six_digit_groups(&text).filter(|group| self.row_codes.contains(group));
        found.extend(rows.map(|group| ("row code", group)));
        found
    }
}

/// Microseconds of a log line are six digits too; any row code would be found among enough of them.
fn without_timestamps(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let is_fraction = bytes[at] == b'.' && at >= 3 && bytes[at - 3] == b':';
        text.push(bytes[at]);
        at += 1;
        if is_fraction {
            at += bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        }
    }
    text
}

/// Runs of exactly six digits that are no part of a longer word or number.
fn six_digit_groups(bytes: &[u8]) -> impl Iterator<Item = String> {
    let words = bytes.split(|byte| !byte.is_ascii_alphanumeric());
    words
        .filter(|word| word.len() == 6 && word.iter().all(u8::is_ascii_digit))
        .map(|word| String::from_utf8_lossy(word).into_owned())
}

fn files_in(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

fn all_files_in(dir: &Path) -> Vec<PathBuf> {
    let entries: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    let (folders, mut files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| all_files_in(folder)));
    files
}

#[test]
fn the_scan_finds_what_it_looks_for() {
    let secrets =
        Secrets { whole: vec![("phone", "13812345678".to_owned())], row_codes: vec!["481516".to_owned()] };
    assert_eq!(secrets.found_in(b"to 13812345678, code 481516.").len(), 2);
    assert_eq!(secrets.found_as_devices_write_them(&[0, 0x31, 0x18, 0x32, 0x54, 0x76, 9]).len(), 1);
    assert_eq!(secrets.found_in(b"at 10:00:07.481516Z id 481516abc 14815162").len(), 0);
}

//! A shop that is backed up while it sells, and sells on from the backup in another place.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use chit_integration_tests::desk::Desk;
use chit_integration_tests::house::{House, Place, program};
use chit_proto::checkout::v1::SaleState;
use serde_json::Value;
use tokio::process::Command;

use crate::open_shop::{Shop, options};

/// Of DESIGN's "two a day": the days of the backup and of the restore may both begin and end.
const ROWS_SKIPPED: u32 = 4;
/// ledger's index, checkout, printer, media-capture, sms-gateway.
const STORES: i64 = 5;

async fn chit(place: &Place, args: &[&str]) -> Output {
    let mut chit = Command::new(program("chit").unwrap());
    chit.arg("--config").arg(place.config()).arg("--json").args(args).stdin(Stdio::null());
    chit.output().await.unwrap()
}

fn said(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_else(|_| panic!("{output:?}"))
}

async fn back_up(house: &House, file: &Path) -> Value {
    let output = chit(&house.place, &["backup", file.to_str().unwrap()]).await;
    assert!(output.status.success(), "{output:?}");
    said(&output)
}

/// A place with folders and a configuration of its own, and nothing in them.
fn bare(root: &Place) -> PathBuf {
    root.prepare().unwrap();
    let text = "[chit]\nsandbox = true\nrun_dir = \"run\"\nstate_dir = \"state\"\nkeys_dir = \"keys\"\n";
    fs::write(root.config(), text).unwrap();
    root.root().join("recovery.key")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_backed_up_amid_a_sale_sells_on_in_another_place_and_skips_rows() {
    let mut shop = Shop::open().await;
    let (sold, _) = shop.sell().await;
    let (open, mut journal) = shop.commit().await;
    let file = shop.house.place.root().join("shop.age");
    let taken = back_up(&shop.house, &file).await;
    assert!(taken["held_ms"].as_i64().unwrap() <= 2_000, "{taken}");
    assert_eq!(taken["stores"].as_i64(), Some(STORES), "{taken}");
    let rows_left = shop.payer_now().await.rows_left;
    // It goes on where it stood.
    shop.see_through(&open.sale_id, &mut journal, SaleState::Queued).await;

    let elsewhere = Place::temporary().unwrap();
    let key = bare(&elsewhere);
    fs::write(&key, shop.house.pins.recovery_key().unwrap()).unwrap();
    let restore =
        ["restore", file.to_str().unwrap(), "--keep-config", "--recovery-key", key.to_str().unwrap()];
    let restored = chit(&elsewhere, &restore).await;
    assert!(restored.status.success(), "{restored:?}");
    assert_eq!(said(&restored)["files"], taken["files"]);
    let state = elsewhere.root().join("state");
    assert!(!state.join("media-capture/film-keys").exists(), "what was erased stays erased");
    let again = chit(&elsewhere, &restore).await;
    assert_eq!(said(&again)["error"]["reason"], "STATE_NOT_EMPTY");

    shop.house.pins.keep_in(&elsewhere).unwrap();
    let house = House::start(elsewhere, &options()).unwrap();
    house.ready().await.unwrap();
    shop.desk = Desk::at(&house).await.unwrap();
    let first = std::mem::replace(&mut shop.house, house);
    first.stop().unwrap();
    assert_eq!(shop.payer_now().await.rows_left, rows_left - ROWS_SKIPPED);
    assert!(shop.desk.books().await.unwrap().chain_ok);
    let known = shop.desk.look_up(&sold.sale_id).await.unwrap();
    assert_eq!(known.sale.unwrap().receipt_no, sold.receipt_no);
    // The sale that was open at that moment comes to its end, and another one is sold.
    let mut journal = shop.desk.journal(&open.sale_id);
    shop.see_through(&open.sale_id, &mut journal, SaleState::Queued).await;
    shop.sell().await;
    shop.house.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sales_go_on_while_backup_after_backup_is_made() {
    let shop = Shop::open().await;
    let folder = shop.house.place.root().join("backups");
    fs::create_dir(&folder).unwrap();
    let sales = async {
        shop.sell().await;
        shop.sell().await;
    };
    tokio::pin!(sales);
    let mut made = 0;
    loop {
        let file = folder.join(format!("{made}.age"));
        tokio::select! {
            () = &mut sales => break,
            _ = back_up(&shop.house, &file) => made += 1,
        }
    }
    assert!(made > 0, "none was finished while sales went on");
    let starts = |service| shop.house.keeper(service).starts();
    assert!(["ledger", "checkout", "printer", "media-capture"].iter().all(|service| starts(service) == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_opens_with_the_recovery_key_only_and_damage_leaves_the_machine_empty() {
    let (house, _) = crate::open_shop::open_house(&options()).await;
    let file = house.place.root().join("shop.age");
    back_up(&house, &file).await;
    let twice = chit(&house.place, &["backup", file.to_str().unwrap()]).await;
    assert_eq!(twice.status.code(), Some(64), "a backup is never written over: {twice:?}");
    let elsewhere = Place::temporary().unwrap();
    let key = bare(&elsewhere);
    let restore = ["restore", file.to_str().unwrap(), "--recovery-key", key.to_str().unwrap()];
    // Of another shop.
    fs::write(&key, "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33\n").unwrap();
    assert!(!chit(&elsewhere, &restore).await.status.success());
    fs::write(&key, house.pins.recovery_key().unwrap()).unwrap();
    let whole = fs::read(&file).unwrap();
    let mut damaged = whole.clone();
    let last = damaged.len() - 40_000;
    damaged[last] ^= 1;
    fs::write(&file, damaged).unwrap();
    assert!(!chit(&elsewhere, &restore).await.status.success());
    let left: Vec<_> = fs::read_dir(elsewhere.root().join("state")).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "the marker of a practice shop: {left:?}");
    assert!(!elsewhere.root().join("keys").exists());
    fs::write(&file, whole).unwrap();
    let restored = chit(&elsewhere, &restore).await;
    assert!(restored.status.success(), "{restored:?}");
}

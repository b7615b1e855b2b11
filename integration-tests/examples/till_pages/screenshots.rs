//! Every page in both languages, at the size of a phone, of a till and of an office: target/screenshots.

use std::fs;
use std::path::PathBuf;

use crate::bank_shop::BankShop;
use crate::driver::Page;
use crate::shop::Shop;
use crate::tour::tour;

const SIZES: [(u32, u32); 3] = [(360, 740), (1024, 600), (1920, 1080)];
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/screenshots");

pub async fn take() {
    fs::create_dir_all(FOLDER).unwrap();
    let bank = BankShop::open().await;
    for lang in ["zh-CN", "en"] {
        bank.look_at_batches(lang).await;
        keep(&bank.page, "till-batches", lang).await;
    }
    drop(bank);
    for lang in ["zh-CN", "en"] {
        let shop = Shop::open(lang).await;
        let keep = async |name: &'static str| keep(&shop.page, name, lang).await;
        tour(&shop, lang, &keep).await;
    }
}

async fn keep(page: &Page, name: &str, lang: &str) {
    for (width, height) in SIZES {
        page.resize(width, height).await;
        // Pictures that are on their way belong to the page.
        page.until("[...document.images].every(image => image.complete)").await;
        let file = PathBuf::from(FOLDER).join(format!("{name}-{lang}-{width}x{height}.png"));
        fs::write(file, page.screenshot().await).unwrap();
    }
    println!("{name} {lang}");
}

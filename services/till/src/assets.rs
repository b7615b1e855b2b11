//! Style, script and icon, inside the binary, under names that change with their content.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

pub struct Asset {
    pub path: String,
    pub media_type: &'static str,
    pub bytes: &'static [u8],
}

pub struct Assets {
    pub css: Asset,
    pub js: Asset,
    pub icon: Asset,
    /// Of all of them: a page that shows another one reloads itself.
    pub build: String,
}

const CSS: &str = concat!(include_str!("../assets/chit.css"), include_str!("../assets/screens.css"));

pub static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let css = asset("chit", "css", "text/css; charset=utf-8", CSS.as_bytes());
    let js = asset("till", "js", "text/javascript; charset=utf-8", include_bytes!("../assets/till.js"));
    let icon = asset("chit", "svg", "image/svg+xml", include_bytes!("../assets/chit.svg"));
    let all = [css.bytes, js.bytes, icon.bytes].concat();
    Assets { css, js, icon, build: digest(&all) }
});

fn asset(stem: &str, extension: &str, media_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { path: format!("/assets/{stem}.{}.{extension}", digest(bytes)), media_type, bytes }
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..6])
}

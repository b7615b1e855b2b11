//! Debian's Chromium under chromedriver, and a page as a person sees it: what is on it, keys, fingers.

mod browser;
mod page;

pub use browser::Browser;
pub use page::{Key, Page};

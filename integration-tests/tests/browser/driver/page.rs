//! One page. Waiting is for something that can be seen, with a deadline.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use fantoccini::actions::{
    Actions, InputSource as _, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, PointerAction, TouchActions,
};
use fantoccini::elements::Element;
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};

/// Nothing that a page waits for takes longer: a recording's end is 5 s, an outage 8 s and its recovery a few.
const WAIT_MAX: Duration = Duration::from_secs(40);
/// Between two looks at the page.
const LOOK_PAUSE: Duration = Duration::from_millis(20);
const TAP: Duration = Duration::from_millis(30);

/// Keys without a letter (WebDriver, 17.4.2).
#[derive(Clone, Copy)]
pub enum Key {
    Tab,
    Enter,
    Escape,
    Down,
    F(u32),
}

impl Key {
    fn code(self) -> char {
        match self {
            Self::Tab => '\u{E004}',
            Self::Enter => '\u{E007}',
            Self::Escape => '\u{E00C}',
            Self::Down => '\u{E015}',
            Self::F(number) => char::from_u32(0xE030 + number).unwrap(),
        }
    }
}

#[derive(Clone)]
pub struct Page {
    client: Client,
}

impl Page {
    pub fn of(client: Client) -> Self {
        Self { client }
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    pub async fn back(&self) {
        self.client.back().await.unwrap();
    }

    pub async fn resize(&self, width: u32, height: u32) {
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        )
        .await;
    }

    pub async fn screenshot(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    pub async fn window(&self) -> WindowHandle {
        self.client.window().await.unwrap()
    }

    pub async fn show(&self, window: &WindowHandle) {
        self.client.switch_to_window(window.clone()).await.unwrap();
    }

    pub async fn new_tab(&self) -> WindowHandle {
        let tab = self.client.new_window(true).await.unwrap().handle;
        self.show(&tab).await;
        tab
    }

    /// What a script returns.
    pub async fn eval(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// The same for a script that calls its last argument.
    pub async fn eval_async(&self, script: &str) -> Value {
        self.client.execute_async(script, Vec::new()).await.unwrap()
    }

    pub async fn text(&self, css: &str) -> String {
        let script = format!("return document.querySelector({css:?})?.textContent ?? ''");
        self.eval(&script).await.as_str().unwrap_or_default().trim().to_owned()
    }

    pub async fn attribute(&self, css: &str, name: &str) -> String {
        let script = format!("return document.querySelector({css:?})?.getAttribute({name:?}) ?? ''");
        self.eval(&script).await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until there is such an element, shown and not disabled.
    pub async fn see(&self, css: &str) {
        self.until(&format!(
            "[...document.querySelectorAll({css:?})].some(e => e.getClientRects().length && !e.disabled)"
        ))
        .await;
    }

    /// Waits until a condition in JavaScript holds. A page that is being loaded answers the next look.
    pub async fn until(&self, condition: &str) {
        let deadline = Instant::now() + WAIT_MAX;
        let script = format!("return Boolean({condition})");
        loop {
            if self.client.execute(&script, Vec::new()).await.is_ok_and(|is| is == json!(true)) {
                return;
            }
            if Instant::now() > deadline {
                panic!("{} s passed without: {condition}\n{}", WAIT_MAX.as_secs(), self.describe().await);
            }
            tokio::time::sleep(LOOK_PAUSE).await;
        }
    }

    pub async fn is(&self, condition: &str) -> bool {
        self.eval(&format!("return Boolean({condition})")).await == json!(true)
    }

    /// For the reader of a failure: where, what is written there, and a picture.
    async fn describe(&self) -> String {
        let mut said = String::new();
        let picture = std::env::temp_dir().join(format!("chit-browser-{}.png", std::process::id()));
        if std::fs::write(&picture, self.screenshot().await).is_ok() {
            let _ = writeln!(said, "looks like {}", picture.display());
        }
        let _ = writeln!(said, "at {:?}", self.client.current_url().await.map(|url| url.to_string()));
        let seen = self.client.execute("return document.body.innerText", Vec::new()).await;
        let _ = writeln!(said, "{}", seen.unwrap_or_default().as_str().unwrap_or_default());
        said
    }

    /// Presses and releases keys, wherever the focus is.
    pub async fn press(&self, key: Key) {
        self.strike(&[key.code()]).await;
    }

    pub async fn type_text(&self, text: &str) {
        self.strike(&text.chars().collect::<Vec<_>>()).await;
    }

    async fn strike(&self, keys: &[char]) {
        let mut actions = KeyActions::new("keyboard".into());
        for key in keys {
            actions = actions.then(KeyAction::Down { value: *key }).then(KeyAction::Up { value: *key });
        }
        self.client.perform_actions(Actions::from(actions)).await.unwrap();
    }

    /// A finger on the middle of an element that is shown and enabled. One that the page replaces under the finger was
    /// not touched: then the next one is.
    pub async fn tap(&self, css: &str) {
        let deadline = Instant::now() + WAIT_MAX;
        loop {
            let element = self.find(css).await;
            let actions = TouchActions::new("finger".into())
                .then(PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 })
                .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
                .then(PointerAction::Pause { duration: TAP })
                .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
            match self.client.perform_actions(Actions::from(actions)).await {
                Ok(()) => return,
                Err(error) if error.is_stale_element_reference() && Instant::now() < deadline => {}
                Err(error) => panic!("{css} cannot be touched: {error}\n{}", self.describe().await),
            }
        }
    }

    /// Of several, the first that is shown and enabled; scrolled into view as a person would. The page may replace it
    /// between two looks: then the next one is taken.
    async fn find(&self, css: &str) -> Element {
        let scroll = format!(
            "[...document.querySelectorAll({css:?})].find(e => e.getClientRects().length)\
             ?.scrollIntoView({{ block: 'nearest' }})"
        );
        let deadline = Instant::now() + WAIT_MAX;
        loop {
            self.see(css).await;
            let _ = self.client.execute(&scroll, Vec::new()).await;
            for element in self.client.find_all(Locator::Css(css)).await.unwrap_or_default() {
                let is_shown = element.is_displayed().await.unwrap_or(false);
                if is_shown && element.is_enabled().await.unwrap_or(false) {
                    return element;
                }
            }
            assert!(Instant::now() < deadline, "{css} never stays\n{}", self.describe().await);
        }
    }

    pub async fn click(&self, css: &str) {
        let deadline = Instant::now() + WAIT_MAX;
        while let Err(error) = self.find(css).await.click().await {
            assert!(Instant::now() < deadline, "{css} cannot be clicked: {error}\n{}", self.describe().await);
        }
    }

    /// Chooses a file in an input for files.
    pub async fn upload(&self, css: &str, file: &std::path::Path) {
        let input = self.client.find(Locator::Css(css)).await.unwrap();
        input.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// A command of Chromium's own protocol.
    pub async fn cdp(&self, command: &'static str, params: Value) -> Value {
        self.client.issue_cmd(Cdp { command, params }).await.unwrap()
    }
}

#[derive(Debug)]
struct Cdp {
    command: &'static str,
    params: Value,
}

impl fantoccini::wd::WebDriverCompatibleCommand for Cdp {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "cmd": self.command, "params": self.params }).to_string()))
    }
}

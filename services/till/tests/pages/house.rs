//! A till and its checkout in one process, and a browser that sends what the test asks for.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use chit_runtime::Context;
use chit_till::Config;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use tokio::time::{Instant, sleep};
use tower::ServiceExt as _;

use crate::fake_checkout::{FakeCheckout, PIN};

pub const HOST: &str = "127.67.72.84:8470";
const WAIT_MAX: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

pub struct House {
    pub checkout: FakeCheckout,
    /// Ends checkout when triggered.
    pub checkout_ctx: Context,
    pub dir: tempfile::TempDir,
    pages: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

impl House {
    pub async fn open() -> Self {
        Self::open_with(FakeCheckout::new()).await
    }

    /// With what was put into checkout before; the till has heard of it when this returns.
    pub async fn open_with(checkout: FakeCheckout) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let checkout_ctx = Context::sandbox_in("checkout", dir.path());
        std::fs::create_dir_all(&checkout_ctx.shared.run_dir).unwrap();
        checkout.serve(&checkout_ctx);
        let till = Context::sandbox_in("till", dir.path());
        let pages = chit_till::pages_of(&till, Config::default()).unwrap();
        let house = Self { checkout, checkout_ctx, dir, pages };
        let token = house.sign_in("li").await;
        house.until(&token, |page| page.contains(r#"data-link="up""#)).await;
        house
    }

    pub async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.pages.clone().oneshot(request).await.unwrap()
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.send(request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.ask(get(path, cookie)).await
    }

    /// As the page's script sends a form.
    pub async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        self.ask(post(path, cookie, form)).await
    }

    /// The cookie of a signed-in person.
    pub async fn sign_in(&self, name: &str) -> String {
        let answer = self.post("/signin", "", &format!("name={name}&pin={PIN}")).await;
        assert_eq!(answer.header("x-chit-go"), "/", "{} {}", answer.status, answer.text());
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    /// Loads the sale page until it is as wanted.
    pub async fn until(&self, cookie: &str, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + WAIT_MAX;
        loop {
            let page = self.get("/", cookie).await.text();
            if wanted(&page) {
                return page;
            }
            assert!(Instant::now() < deadline, "the page never came to be as wanted: {page}");
            sleep(LOOK_AGAIN).await;
        }
    }
}

pub fn get(path: &str, cookie: &str) -> Request<Body> {
    let request = Request::get(path).header(header::HOST, HOST).header(header::COOKIE, cookie);
    request.body(Body::empty()).unwrap()
}

pub fn post(path: &str, cookie: &str, form: &str) -> Request<Body> {
    Request::post(path)
        .header(header::HOST, HOST)
        .header(header::ORIGIN, format!("http://{HOST}"))
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("x-chit", "1")
        .body(Body::from(form.to_owned()))
        .unwrap()
}

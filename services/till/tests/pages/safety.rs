//! What keeps strangers out: hosts, origins, the own header, sessions, roles, and pages without foreign code.

use axum::body::Body;
use chit_proto::checkout::v1::{DeviceStatus, SaleState};
use chit_proto::media_capture::v1::{FileEntry, Manifest};
use chit_runtime::Context;
use http::{Request, StatusCode, header};
use prost::Message as _;

use crate::fake_checkout::{FakeCheckout, sale};
use crate::fake_media::{self, VIDEO_BYTES};
use crate::house::{House, get, post};

const SALE: &str = "01M886YG7ZEZ5R2SDV87CJY32N";

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let house = House::open().await;
    let li = house.sign_in("li").await;
    for path in ["/", "/signin", "/office", "/enquiry", "/assets/none.js", "/no-such-page", "/thumb.jpg"] {
        let answer = house.get(path, &li).await;
        let csp = answer.header("content-security-policy").to_owned();
        assert!(
            csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'"),
            "{path}: {csp}"
        );
        assert!(!csp.contains("unsafe") && !csp.contains("http"), "{path}: {csp}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn a_foreign_host_is_misdirected() {
    let house = House::open().await;
    for host in ["evil.example", "evil.example:8470", "127.0.0.1.evil.example", ""] {
        let request = Request::get("/signin").header(header::HOST, host).body(Body::empty()).unwrap();
        assert_eq!(house.ask(request).await.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
}

#[tokio::test]
async fn a_post_from_elsewhere_is_forbidden() {
    let house = House::open().await;
    let li = house.sign_in("li").await;
    let mut without = post("/sale/start", &li, "rid=a&sale_id=");
    without.headers_mut().remove("x-chit");
    let mut foreign = post("/sale/start", &li, "rid=a&sale_id=");
    foreign.headers_mut().insert(header::ORIGIN, "http://evil.example".parse().unwrap());
    let mut sandboxed = post("/sale/start", &li, "rid=a&sale_id=");
    sandboxed.headers_mut().insert(header::ORIGIN, "null".parse().unwrap());
    let mut cross = post("/sale/start", &li, "rid=a&sale_id=");
    cross.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    house.checkout.state().asked.clear();
    for request in [without, foreign, sandboxed, cross] {
        assert_eq!(house.ask(request).await.status, StatusCode::FORBIDDEN);
    }
    assert!(house.checkout.state().asked.is_empty(), "nothing reached checkout");
    let mut other = post("/sale/start", &li, "");
    *other.method_mut() = http::Method::DELETE;
    assert_eq!(house.ask(other).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn nobody_gets_in_without_a_pin_and_wrong_ones_lock_the_name() {
    let house = House::open().await;
    for path in
        ["/", "/office", "/enquiry?ref=1", "/search?q=a", "/thumb.jpg", "/payer/8361eb0013f73355/photo.jpg"]
    {
        let answer = house.get(path, "chit=0000").await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/signin"), "{path}");
    }
    let answer = house.post("/sale/start", "chit=0000", "rid=a&sale_id=").await;
    assert_eq!((answer.status, answer.header("x-chit-go")), (StatusCode::UNAUTHORIZED, "/signin"));
    for (lang, wrong, locked) in
        [("en", "Wrong PIN.", "Too many wrong PINs"), ("zh-CN", "PIN 码错误", "PIN 错误次数过多")]
    {
        house.checkout.state().wrong_pins = 0;
        let cookie = format!("chit-lang={lang}");
        for _try in 0..5 {
            let answer = house.post("/signin", &cookie, "name=li&pin=999999").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            assert!(answer.text().contains(wrong), "{}", answer.text());
            assert!(answer.header("set-cookie").is_empty());
        }
        let answer = house.post("/signin", &cookie, "name=li&pin=999999").await;
        assert!(answer.text().contains(locked), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_session_cookie_cannot_be_read_or_sent_by_others_and_ends_with_signing_out() {
    let house = House::open().await;
    let answer = house.post("/signin", "", &format!("name=li&pin={}", crate::fake_checkout::PIN)).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let token = cookie.split(';').next().unwrap();
    assert_eq!(token.len(), "chit=".len() + 64, "256 bits");
    house.post("/signout", token, "").await;
    assert_eq!(house.get("/", token).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_server_decides_what_a_role_may_do() {
    let house = House::open().await;
    house.checkout.state().verified = 1;
    let (li, wang) = (house.sign_in("li").await, house.sign_in("wang").await);
    let refused = house.post("/office/settle", &li, "rid=a").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!house.checkout.state().asked.iter().any(|call| call.starts_with("run_settlement")));
    assert_eq!(house.post("/office/settle", &wang, "rid=a").await.status, StatusCode::OK);
    assert!(house.checkout.state().asked.contains(&"run_settlement by wang".to_owned()));
}

#[tokio::test]
async fn pages_hold_no_inline_code_and_ask_nobody_else() {
    let checkout = FakeCheckout::new();
    checkout.put(sale(SALE, SaleState::PayerOk));
    checkout.state().devices =
        vec![DeviceStatus { name: "printer".into(), state: "PAPER_OUT".into(), ok: false }];
    let house = House::open_with(checkout).await;
    let li = house.sign_in("li").await;
    for path in ["/", "/signin", "/office", "/enquiry", "/enquiry?ref=1"] {
        let page = house.get(path, &li).await.text();
        assert!(!page.contains("<style") && !page.contains(" style="), "{path} has inline style");
        assert!(!page.contains("://"), "{path} names another origin");
        for script in page.split("<script").skip(1) {
            assert!(
                script.starts_with(" src=\"/assets/") && script.contains("></script>"),
                "{path}: {script:.80}"
            );
        }
        let handlers = page.split_whitespace().filter(|word| word.starts_with("on") && word.contains("=\""));
        assert_eq!(handlers.count(), 0, "{path} has inline handlers");
    }
}

#[tokio::test]
async fn what_others_wrote_is_text_and_never_markup() {
    let checkout = FakeCheckout::new();
    checkout.put(sale(SALE, SaleState::Draft));
    let house = House::open_with(checkout).await;
    let li = house.sign_in("li").await;
    let page = house.until(&li, |page| page.contains("鲜鸡蛋")).await;
    assert!(page.contains("鲜鸡蛋 &lt;10&gt;") && !page.contains("<10>"));
    let page = house.get("/enquiry?ref=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", &li).await.text();
    assert!(!page.contains("<script>alert"), "{page}");
}

#[tokio::test]
async fn a_long_body_is_refused() {
    let house = House::open().await;
    let answer = house.post("/signin", "", &format!("name=li&pin={}", "1".repeat(20_000))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn evidence_is_shown_to_who_looked_the_sale_up_and_in_the_ranges_asked_for() {
    let checkout = FakeCheckout::new();
    checkout.put(sale(SALE, SaleState::Settled));
    let size_bytes = u64::from(VIDEO_BYTES);
    let video = FileEntry {
        name: "video.mp4".into(),
        media_type: "video/mp4".into(),
        size_bytes,
        ..Default::default()
    };
    checkout.state().manifest = Manifest { files: vec![video], ..Manifest::default() }.encode_to_vec();
    let house = House::open_with(checkout).await;
    fake_media::serve(&Context::sandbox_in("media-capture", house.dir.path()));
    let (li, wang) = (house.sign_in("li").await, house.sign_in("wang").await);
    let path = format!("/enquiry/{SALE}/video.mp4");
    assert_eq!(house.get(&path, &li).await.status, StatusCode::FORBIDDEN);

    assert_eq!(house.get("/enquiry?ref=20261125-000001", &li).await.status, StatusCode::OK);
    assert!(
        house.checkout.state().asked.contains(&"look_up_sale 20261125-000001 by li".to_owned()),
        "logged"
    );
    let whole = house.get(&path, &li).await;
    assert_eq!((whole.status, whole.body.len()), (StatusCode::OK, usize::from(VIDEO_BYTES)));
    assert_eq!(whole.header("accept-ranges"), "bytes");

    let mut request = get(&path, &li);
    request.headers_mut().insert(header::RANGE, "bytes=10-29".parse().unwrap());
    let part = house.ask(request).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.header("content-range"), "bytes 10-29/100");
    assert_eq!(part.body.as_ref(), (10..30).collect::<Vec<u8>>());

    let mut request = get(&path, &li);
    request.headers_mut().insert(header::RANGE, "bytes=100-".parse().unwrap());
    let none = house.ask(request).await;
    assert_eq!(
        (none.status, none.header("content-range")),
        (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */100")
    );

    assert_eq!(house.get(&path, &wang).await.status, StatusCode::FORBIDDEN, "this session has not looked");
    assert_eq!(
        house.get(&format!("/enquiry/{SALE}/..%2Fgoods.bin"), &li).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_restarted_till_asks_checkout_whose_cookie_it_is_and_believes_no_file() {
    let house = House::open().await;
    let li = house.sign_in("li").await;
    let again = Context::sandbox_in("till", house.dir.path());
    std::fs::write(again.shared.run_dir.join("till.sessions"), format!("{:064x} 3 9999999999 zhao\n", 7))
        .unwrap();
    let pages = chit_till::pages_of(&again, chit_till::Config::default()).unwrap();
    use tower::ServiceExt as _;
    let answer = pages.clone().oneshot(get("/", &li)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let forged = pages.oneshot(get("/", &format!("chit={:064x}", 7))).await.unwrap();
    assert_eq!(forged.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_one_time_pin_opens_the_page_that_changes_it_and_no_other() {
    let house = House::open().await;
    house.checkout.state().must_change_pin = true;
    let answer = house.post("/signin", "", &format!("name=li&pin={}", crate::fake_checkout::PIN)).await;
    assert_eq!(answer.header("x-chit-go"), "/pin");
    let li = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = house.get("/", &li).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "/pin"));
    assert!(house.get("/pin", &li).await.text().contains("new_pin"));
    let pin = crate::fake_checkout::PIN;
    let typo = house.post("/pin", &li, &format!("pin={pin}&new_pin=2718&again=2817")).await;
    assert_eq!(typo.status, StatusCode::UNPROCESSABLE_ENTITY);
    let changed = house.post("/pin", &li, &format!("pin={pin}&new_pin=2718&again=2718")).await;
    assert_eq!(changed.header("x-chit-go"), "/");
    assert_eq!(house.get("/", &li).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_owner_adds_a_person_with_their_own_pin_and_sees_the_one_time_pin_once() {
    let house = House::open().await;
    let (li, zhao) = (house.sign_in("li").await, house.sign_in("zhao").await);
    assert!(!house.get("/people", &li).await.text().contains("/people/add"), "it is the owner's");
    assert!(house.get("/people", &zhao).await.text().contains("/people/add"));
    let form = "rid=a&name=sun&role=AUDITOR";
    let asked = house.post("/people/add", &zhao, form).await;
    assert_eq!(asked.header("x-chit-into"), "ask", "an open page alone hires nobody");
    assert!(asked.text().contains("zhao") && !asked.text().contains("wang"), "only an owner may approve");
    let pin = crate::fake_checkout::PIN;
    let added = house.post("/people/add", &zhao, &format!("{form}&approver=zhao&pin={pin}")).await;
    assert!(added.text().contains("314159"), "{}", added.text());
    assert!(house.checkout.state().asked.contains(&"add_staff sun approved by zhao".to_owned()));
}

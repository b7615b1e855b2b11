//! Loopback is no boundary: any site in the same browser can send requests here.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::shop::Shop;

/// One request, byte for byte as a rogue would send it; the status of the answer.
async fn status_of(addr: &str, head: &str) -> u16 {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let request = format!("{head}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

fn addr_of(url: &str) -> &str {
    url.trim_start_matches("http://").split('/').next().unwrap()
}

#[tokio::test]
async fn both_pages_refuse_foreign_hosts_and_posts_without_the_own_header() {
    let shop = Shop::open("en").await;
    for (url, post) in [(&shop.till_url, "/sale/start"), (&shop.desk_url, "/advance")] {
        let addr = addr_of(url);
        let get =
            async |host: &str| status_of(addr, &format!("GET /assets/none HTTP/1.1\r\nHost: {host}")).await;
        assert_eq!(get("evil.example").await, 421, "{url}");
        assert_eq!(get(addr).await, 404, "{url}");
        assert_eq!(status_of(addr, &format!("POST {post} HTTP/1.1\r\nHost: {addr}")).await, 403, "{url}");
        let foreign =
            format!("POST {post} HTTP/1.1\r\nHost: {addr}\r\nX-Chit: 1\r\nOrigin: http://evil.example");
        assert_eq!(status_of(addr, &foreign).await, 403, "{url}");
    }
    let page = &shop.page;
    page.see("#pin").await;
    let blocked = "const done = arguments[arguments.length - 1]; \
        fetch('/signin', { method: 'POST' }).then(answer => done(answer.status))";
    assert_eq!(page.eval_async(blocked).await, 403, "a form of the page itself sends the header");
}

#[tokio::test]
async fn the_pages_load_nothing_from_elsewhere_and_run_no_inline_script() {
    let shop = Shop::open("en").await;
    let page = &shop.page;
    for _ in 0..2 {
        let origins = "return [...new Set(performance.getEntriesByType('resource').map(entry => new URL(entry.name).origin))]";
        let own = page.eval("return location.origin").await;
        let loaded = page.eval(origins).await;
        assert!(loaded.as_array().unwrap().iter().all(|origin| *origin == own), "{loaded}");
        page.eval("const script = document.createElement('script'); script.textContent = 'window.ran = true'; document.body.append(script)").await;
        assert_eq!(page.eval("return window.ran === undefined").await, true);
        shop.at_desk().await;
    }
}

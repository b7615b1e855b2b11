//! What does not agree with the bank is on the office's page, with one thing to do at a time.

use chit_proto::checkout::v1::{BankException, ExceptionAction, ExceptionKind};
use http::StatusCode;

use crate::house::House;

const ID: &str = "01KAV00000000000000000000E";

fn unanswered() -> BankException {
    BankException {
        exception_id: ID.into(),
        kind: ExceptionKind::NoAnswer as i32,
        action: ExceptionAction::AskBank as i32,
        ..Default::default()
    }
}

#[tokio::test]
async fn an_exception_is_shown_in_both_languages_taken_by_one_and_closed_by_a_supervisor() {
    let house = House::open().await;
    house.checkout.state().exceptions = vec![unanswered()];
    let (li, wang) = (house.sign_in("li").await, house.sign_in("wang").await);
    for (lang, words) in [("en", "Bank has not answered"), ("zh-CN", "银行未答复")] {
        let page = house.get("/office", &format!("{li}; chit-lang={lang}")).await;
        assert!(page.text().contains(words), "{lang}");
        assert!(page.text().contains("data-act=\"take-exception\""));
        assert!(!page.text().contains("/office/exceptions/close"), "first somebody looks into it");
    }
    let taken = house.post("/office/exceptions/take", &li, &format!("rid=a&exception_id={ID}")).await;
    assert_eq!((taken.status, taken.header("x-chit-go")), (StatusCode::NO_CONTENT, "/office"));
    let page = house.get("/office", &wang).await;
    assert!(page.text().contains("data-act=\"close-exception\"") && page.text().contains("li"));
    let form = format!("rid=b&exception_id={ID}&note=answered");
    assert_eq!(house.post("/office/exceptions/close", &wang, &form).await.status, StatusCode::NO_CONTENT);
    let asked = house.checkout.state().asked.clone();
    assert!(asked.contains(&"take_exception by li".to_owned()), "{asked:?}");
    assert!(asked.contains(&"close_exception by wang: answered".to_owned()), "{asked:?}");
    assert!(house.get("/office", &wang).await.text().contains("data-count=\"0\""));
}

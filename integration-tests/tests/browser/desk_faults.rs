//! The desk's four switches reach the devices at the far ends of the wires.

use std::time::Duration;

use chit_integration_tests::ask;
use chit_proto::checkout::v1::GetStatusRequest;

use crate::shop::Shop;

/// How long a device may take to be found broken or mended.
const NOTICED_MAX: Duration = Duration::from_secs(60);

async fn wait_until_device(shop: &Shop, name: &str, ok: bool) {
    loop {
        let status = ask!(shop.desk.shop, get_status, GetStatusRequest {}).unwrap();
        if status.devices.iter().any(|device| device.name == name && device.ok == ok) {
            return;
        }
    }
}

#[tokio::test]
async fn a_switch_breaks_its_device_and_mends_it_again() {
    let shop = Shop::open("en").await;
    let page = &shop.page;
    shop.at_desk().await;
    for (switch, device) in [("paper-out", "printer"), ("modem-off", "modem"), ("camera-unplugged", "camera")]
    {
        for on in [true, false] {
            page.click(&format!("#fault-{switch}")).await;
            page.until(&format!("document.querySelector('#fault-{switch}').ariaChecked === '{on}'")).await;
            tokio::time::timeout(NOTICED_MAX, wait_until_device(&shop, device, !on))
                .await
                .unwrap_or_else(|_| panic!("{device} after {switch} {on}"));
        }
    }
}

#[tokio::test]
async fn a_wrong_reply_is_written_by_itself_and_a_right_one_still_counts() {
    let shop = Shop::open("zh-CN").await;
    let page = &shop.page;
    shop.at_desk().await;
    page.click("#fault-wrong-reply").await;
    page.until("document.querySelector('#fault-wrong-reply').ariaChecked === 'true'").await;
    page.click("#enrol-name").await;
    page.type_text("李雷").await;
    page.click("#enrol-phone").await;
    page.type_text("13900001111").await;
    page.click("#enrol").await;
    page.until("/^\\d{6}$/.test(document.querySelector('#thread li.theirs')?.textContent)").await;
    page.until("document.querySelector('#thread li.theirs ~ li.ours')").await;
    assert_eq!(page.attribute("#phone", "data-state").await, "PENDING");
    page.click("#fault-wrong-reply").await;
    shop.answer_sms_of("#thread li.ours").await;
    page.until("document.querySelector('#phone').dataset.state === 'ACTIVE'").await;
}

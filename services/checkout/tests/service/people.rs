//! Who calls: sessions, one-time PINs, devices, and what a role may see.

use chit_proto::checkout::v1 as proto;
use chit_runtime::error::reason_of;
use chit_runtime::session::Token;
use proto::device_service_client::DeviceServiceClient;
use proto::sale_service_client::SaleServiceClient;
use proto::staff_service_client::StaffServiceClient;
use proto::{DeviceKind, StaffRole};
use tonic::{Code, Request, Status};

use crate::house::{House, PIN};
use crate::sale::enrol;

fn refusal(status: &Status) -> (Code, String) {
    (status.code(), reason_of(status).unwrap_or_default())
}

fn owner() -> Option<proto::Approval> {
    Some(proto::Approval { actor: "zhao".into(), pin: PIN.into() })
}

async fn add(house: &House, name: &str, role: StaffRole) -> String {
    let request = proto::AddStaffRequest {
        request_id: house.new_id(),
        name: name.into(),
        role: role as i32,
        approval: owner(),
    };
    let mut staff = StaffServiceClient::new(house.signed_in("zhao").await);
    staff.add_staff(request).await.unwrap().into_inner().one_time_pin
}

async fn sign_in(house: &House, name: &str, pin: &str) -> Result<proto::SignInResponse, Status> {
    let request = proto::SignInRequest { actor: name.into(), pin: pin.into(), ..Default::default() };
    StaffServiceClient::new(house.nobody()).sign_in(request).await.map(tonic::Response::into_inner)
}

async fn change_pin(house: &House, token: &str, pin: &str, new_pin: &str) -> Result<(), Status> {
    let channel = house.nobody().with_session(Token::new(token).unwrap());
    let request = proto::ChangePinRequest { pin: pin.into(), new_pin: new_pin.into() };
    StaffServiceClient::new(channel).change_pin(request).await.map(drop)
}

fn start(house: &House) -> proto::StartSaleRequest {
    proto::StartSaleRequest { request_id: house.new_id(), ..Default::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_actor_is_who_signed_in_and_without_a_session_nothing_is_sold() {
    let house = House::open(false).await;
    let refused = SaleServiceClient::new(house.nobody()).start_sale(start(&house)).await.unwrap_err();
    assert_eq!(refusal(&refused), (Code::Unauthenticated, "SIGN_IN_FIRST".into()));
    let forged = house.nobody().with_session(Token::new(&"0".repeat(64)).unwrap());
    let refused = SaleServiceClient::new(forged).start_sale(start(&house)).await.unwrap_err();
    assert_eq!(refusal(&refused), (Code::Unauthenticated, "SESSION_ENDED".into()));
    let sold = SaleServiceClient::new(house.signed_in("wang").await).start_sale(start(&house)).await;
    assert_eq!(sold.unwrap().into_inner().sale.unwrap().cashier, "wang");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_outlives_a_restart_and_ends_when_its_person_signs_out() {
    let mut house = House::open(false).await;
    let cashier = house.signed_in("li").await;
    house.restart().await;
    SaleServiceClient::new(cashier.clone()).start_sale(start(&house)).await.unwrap();
    StaffServiceClient::new(cashier.clone()).sign_out(proto::SignOutRequest {}).await.unwrap();
    let refused = SaleServiceClient::new(cashier).start_sale(start(&house)).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "SESSION_ENDED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_person_changes_the_one_time_pin_before_anything_else() {
    let house = House::open(false).await;
    let one_time = add(&house, "sun", StaffRole::Supervisor).await;
    let opened = sign_in(&house, "sun", &one_time).await.unwrap();
    assert!(opened.member.unwrap().must_change_pin);
    let channel = house.nobody().with_session(Token::new(&opened.session_token).unwrap());
    let refused = SaleServiceClient::new(channel.clone()).start_sale(start(&house)).await.unwrap_err();
    assert_eq!(refusal(&refused), (Code::PermissionDenied, "PIN_MUST_CHANGE".into()));
    for (new, reason) in [("4711", "PIN_FORM"), (one_time.as_str(), "PIN_UNCHANGED")] {
        let refused = change_pin(&house, &opened.session_token, &one_time, new).await.unwrap_err();
        assert_eq!(refusal(&refused).1, reason, "{new}");
    }
    change_pin(&house, &opened.session_token, &one_time, "920174").await.unwrap();
    SaleServiceClient::new(channel).start_sale(start(&house)).await.unwrap();
    assert_eq!(refusal(&sign_in(&house, "sun", &one_time).await.unwrap_err()).1, "PIN_WRONG");
    sign_in(&house, "sun", "920174").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_is_signed_out_and_the_last_owner_stays() {
    let house = House::open(false).await;
    let cashier = house.signed_in("li").await;
    let disable = |name: &str| proto::DisableStaffRequest {
        request_id: house.new_id(),
        name: name.into(),
        approval: owner(),
    };
    let mut staff = StaffServiceClient::new(house.signed_in("zhao").await);
    staff.disable_staff(disable("li")).await.unwrap();
    let refused = SaleServiceClient::new(cashier).start_sale(start(&house)).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "SESSION_ENDED");
    assert_eq!(refusal(&sign_in(&house, "li", PIN).await.unwrap_err()).1, "STAFF_UNKNOWN");
    let refused = staff.disable_staff(disable("zhao")).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "LAST_OWNER");
    let again = proto::AddStaffRequest {
        request_id: house.new_id(),
        name: "li".into(),
        role: StaffRole::Cashier as i32,
        approval: owner(),
    };
    let refused = staff.add_staff(again).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "STAFF_EXISTS", "the name stands in the history for somebody else");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_owner_changes_who_works_here() {
    let house = House::open(false).await;
    let request = |approval| proto::AddStaffRequest {
        request_id: house.new_id(),
        name: "sun".into(),
        role: StaffRole::Owner as i32,
        approval,
    };
    let mut supervisor = StaffServiceClient::new(house.signed_in("wang").await);
    let refused = supervisor.add_staff(request(owner())).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "ROLE_TOO_LOW");
    let mut owners = StaffServiceClient::new(house.signed_in("zhao").await);
    let refused = owners.add_staff(request(None)).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "APPROVAL_REQUIRED", "an open page alone hires nobody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn root_resets_an_owner_after_a_day_unless_one_cancels() {
    let house = House::open(false).await;
    let ask = || proto::ResetOwnerRequest { name: "zhao".into() };
    let mut host = StaffServiceClient::new(house.nobody());
    let first = host.reset_owner(ask()).await.unwrap().into_inner();
    assert!(first.one_time_pin.is_empty());
    let mut owner = StaffServiceClient::new(house.signed_in("zhao").await);
    let cancel = || proto::CancelOwnerResetRequest { name: "zhao".into() };
    owner.cancel_owner_reset(cancel()).await.unwrap();
    house.advance_hours(25);
    let second = host.reset_owner(ask()).await.unwrap().into_inner();
    assert!(second.one_time_pin.is_empty(), "it was cancelled, so the day begins anew");
    house.advance_hours(25);
    let third = host.reset_owner(ask()).await.unwrap().into_inner();
    assert!(sign_in(&house, "zhao", &third.one_time_pin).await.unwrap().member.unwrap().must_change_pin);
    let refused = host.reset_owner(proto::ResetOwnerRequest { name: "wang".into() }).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "ROLE_INVALID");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paired_device_makes_the_calls_of_its_kind_and_locks_nobody_out_elsewhere() {
    let house = House::open(false).await;
    let pair = proto::PairDeviceRequest {
        request_id: house.new_id(),
        name: "pad".into(),
        kind: DeviceKind::Display as i32,
        approval: owner(),
    };
    let mut devices = DeviceServiceClient::new(house.signed_in("zhao").await);
    let token = devices.pair_device(pair.clone()).await.unwrap().into_inner().device_token;
    let again = devices.pair_device(pair).await.unwrap().into_inner();
    assert!(again.device_token.is_empty() && again.device.is_some(), "a token is told once");
    fn by_device<T>(message: T, token: &str) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("chit-device", token.parse().unwrap());
        request
    }
    let mut sales = SaleServiceClient::new(house.nobody());
    let list = by_device(proto::ListSalesRequest::default(), &token);
    assert_eq!(refusal(&sales.list_sales(list).await.unwrap_err()).1, "SIGN_IN_FIRST");
    let one = by_device(proto::GetSaleRequest { sale_id: "0".into() }, &token);
    assert_eq!(refusal(&sales.get_sale(one).await.unwrap_err()).1, "SALE_NOT_FOUND", "it may look");
    let mut staff = StaffServiceClient::new(house.nobody());
    for _try in 0..5 {
        let wrong = proto::SignInRequest { actor: "wang".into(), pin: "000000".into(), ..Default::default() };
        staff.sign_in(by_device(wrong, &token)).await.unwrap_err();
    }
    let right = proto::SignInRequest { actor: "wang".into(), pin: PIN.into(), ..Default::default() };
    let locked = staff.sign_in(by_device(right, &token)).await.unwrap_err();
    assert_eq!(refusal(&locked).1, "PIN_LOCKED_OUT");
    sign_in(&house, "wang", PIN).await.expect("at the shop's own till they may");
    let revoke =
        proto::RevokeDeviceRequest { request_id: house.new_id(), name: "pad".into(), approval: owner() };
    devices.revoke_device(revoke).await.unwrap();
    let one = by_device(proto::GetSaleRequest { sale_id: "0".into() }, &token);
    assert_eq!(refusal(&sales.get_sale(one).await.unwrap_err()).1, "DEVICE_UNKNOWN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cards_serial_is_shown_to_who_answers_for_the_payer_and_an_auditor_changes_nothing() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let get = || proto::GetPayerRequest { payer_id: payer.payer_id.clone() };
    let seen = house.payers().get_payer(get()).await.unwrap().into_inner();
    assert!(seen.payer.unwrap().card_serial.is_empty(), "whoever knows it can freeze the payer");
    assert!(seen.code_png.is_empty(), "the payer has shown their code: no cashier needs its picture");
    let seen = house.payers_supervised().get_payer(get()).await.unwrap().into_inner();
    assert!(!seen.payer.unwrap().card_serial.is_empty());
    assert!(seen.code_png.starts_with(b"\x89PNG"), "somebody may answer for a payer who lost it");

    let one_time = add(&house, "sun", StaffRole::Auditor).await;
    let opened = sign_in(&house, "sun", &one_time).await.unwrap();
    change_pin(&house, &opened.session_token, &one_time, "2718").await.unwrap();
    let channel = house.nobody().with_session(Token::new(&opened.session_token).unwrap());
    let mut sales = SaleServiceClient::new(channel);
    sales.list_sales(proto::ListSalesRequest::default()).await.unwrap();
    let refused = sales.start_sale(start(&house)).await.unwrap_err();
    assert_eq!(refusal(&refused), (Code::PermissionDenied, "ROLE_TOO_LOW".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_lock_nobody_out_of_a_browser_in_which_they_have_signed_in_before() {
    let house = House::open(false).await;
    let mut staff = StaffServiceClient::new(house.nobody());
    let typed = |pin: &str, browser: &str| proto::SignInRequest {
        actor: "zhao".into(),
        pin: pin.into(),
        browser: browser.into(),
    };
    let own = staff.sign_in(typed(PIN, "")).await.unwrap().into_inner().browser;
    for _try in 0..120 {
        staff.sign_in(typed("000000", "")).await.unwrap_err();
        staff.sign_in(typed("000000", &"0".repeat(64))).await.unwrap_err();
    }
    let stranger = staff.sign_in(typed(PIN, "")).await.unwrap_err();
    assert_eq!(refusal(&stranger).1, "PIN_LOCKED_OUT");
    let again = staff.sign_in(typed(PIN, &own)).await.unwrap().into_inner();
    assert_eq!(again.browser, own);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cashiers_wrong_pins_lock_the_supervisor_out_under_that_cashier_alone() {
    let mut house = House::open(false).await;
    let payer = enrol(&mut house).await;
    let sale = crate::sale::draft(&mut house, &payer).await;
    let commit = |pin: &str| proto::CommitSaleRequest {
        request_id: house.new_id(),
        sale_id: sale.sale_id.clone(),
        approval: Some(proto::Approval { actor: "wang".into(), pin: pin.into() }),
        ..Default::default()
    };
    for _try in 0..6 {
        house.sales().commit_sale(commit("000000")).await.unwrap_err();
    }
    let locked = house.sales().commit_sale(commit(PIN)).await.unwrap_err();
    assert_eq!(refusal(&locked).1, "PIN_LOCKED_OUT");
    sign_in(&house, "wang", PIN).await.unwrap();
}

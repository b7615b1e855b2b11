//! Every caller tries every call of checkout, over real sockets. Who may make it is written down here once more, by hand:
//! what the sources say is not asked.

use std::collections::{BTreeMap, BTreeSet};

use checkout::device_service_client::DeviceServiceClient;
use checkout::staff_service_client::StaffServiceClient;
use chit_integration_tests::desk::{self, Desk};
use chit_integration_tests::house::House;
use chit_integration_tests::payer::Answer;
use chit_proto::checkout::v1 as checkout;
use chit_runtime::Channel;
use chit_runtime::error::reason_of;
use prost::Message as _;
use prost_types::{FileDescriptorSet, MethodDescriptorProto};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};

use crate::open_shop::{Shop, options};

const PACKAGE: &str = "chit.checkout.v1";

/// c cashier, s supervisor, o owner, a auditor; p other POS, v viewer; t till, m timer, d display.
const MAY: &[(&str, &str)] = &[
    ("SaleService/StartSale", "csop"),
    ("SaleService/SetBasket", "csop"),
    ("SaleService/ScanPayer", "csop"),
    ("SaleService/PresentPayer", "csop"),
    ("SaleService/ConfirmPerson", "csop"),
    ("SaleService/CommitSale", "csop"),
    ("SaleService/ReleaseSale", "csop"),
    ("SaleService/VoidSale", "csop"),
    ("SaleService/OverrideEvidence", "csop"),
    ("SaleService/ResolveReceipt", "csop"),
    ("SaleService/ReprintReceipt", "csop"),
    ("SaleService/RecordOtherPayment", "csop"),
    ("SaleService/GetSale", "csoapvtd"),
    ("SaleService/ListSales", "csoapvt"),
    ("PayerService/EnrolPayer", "cso"),
    ("PayerService/GetPayer", "csoat"),
    ("PayerService/ListPayers", "csoat"),
    ("PayerService/FreezePayer", "cso"),
    ("PayerService/ChangePhone", "cso"),
    ("PayerService/ResetPayer", "cso"),
    ("PayerService/AnswerInPerson", "csod"),
    ("PayerDataService/ExportPayer", "cso"),
    ("PayerDataService/ErasePayer", "cso"),
    ("DeductionService/RunDeductions", "csom"),
    ("DeductionService/ReleaseDeduction", "cso"),
    ("DeductionService/GetChallenge", "csoat"),
    ("DeductionService/ListBadRecord", "cso"),
    ("SettlementService/RunSettlement", "som"),
    ("SettlementService/GetSettlementBatch", "csoat"),
    ("SettlementService/ListSettlementBatches", "csoat"),
    ("BankService/SetMandate", "cso"),
    ("BankService/GetMandate", "csoat"),
    ("BankService/PreviewSettlement", "csoat"),
    ("BankService/ImportBankFile", "som"),
    ("BankService/GetBankFile", "so"),
    ("BankService/ListExceptions", "csoat"),
    ("BankService/TakeException", "cso"),
    ("BankService/CloseException", "so"),
    ("BankService/Reconcile", "csoat"),
    ("BankService/ExportReconciliation", "csoat"),
    ("BankService/MarkStatement", "so"),
    ("BankService/ExportBadRecords", "so"),
    ("BankService/ResolveHandOver", "so"),
    ("HouseAccountService/PayIn", "cso"),
    ("HouseAccountService/PayOut", "cso"),
    ("HouseAccountService/GetHouseAccount", "csoat"),
    ("HouseAccountService/ListHouseAccounts", "csoat"),
    ("DisputeService/OpenDispute", "cso"),
    ("DisputeService/ResolveDispute", "cso"),
    ("DisputeService/WithdrawDispute", "cso"),
    ("DisputeService/GetDispute", "csoat"),
    ("DisputeService/ListDisputes", "csoat"),
    ("EnquiryService/LookUpSale", "csoa"),
    ("EventService/WatchEvents", "csoapvtd"),
    ("ShopService/GetStatus", "csoapvtmd"),
    ("ShopService/GetZReport", "csoavt"),
    ("ShopService/CloseShift", "cso"),
    ("ShopService/ConfirmTime", "cso"),
    ("ShopService/SearchGoods", "csoapt"),
    ("StaffService/ListStaff", "csoatmd"),
    ("StaffService/SignIn", "csoatmd"),
    ("StaffService/GetSession", "csoa"),
    ("StaffService/ChangePin", "csoa"),
    ("StaffService/AddStaff", "o"),
    ("StaffService/DisableStaff", "o"),
    ("StaffService/ResetPin", "o"),
    ("StaffService/ResetOwner", ""),
    ("StaffService/CancelOwnerReset", "o"),
    ("DeviceService/PairDevice", "o"),
    ("DeviceService/ListDevices", "oa"),
    ("DeviceService/RevokeDevice", "o"),
    ("SandboxService/AdvanceClock", "cso"),
    // Last: it ends the session of whoever calls.
    ("StaffService/SignOut", "csoa"),
];

/// Reasons by which checkout says: not you.
const NOT_YOU: [&str; 5] =
    ["ROLE_TOO_LOW", "SIGN_IN_FIRST", "SESSION_ENDED", "DEVICE_UNKNOWN", "PEER_REFUSED"];

/// Bytes as they are.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        use prost::bytes::BufMut as _;
        into.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        use prost::bytes::Buf as _;
        let mut bytes = vec![0; from.remaining()];
        from.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

/// A connection and what it says of its caller besides the channel's own.
struct Attacker {
    letter: char,
    channel: Channel,
    device: Option<String>,
}

impl Attacker {
    /// The refusal, if there is one before the first answer. A stream that is open and says nothing has let the caller in.
    async fn call(&self, method: &str, body: Vec<u8>) -> Result<(), Status> {
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        let ready = client.ready().await;
        ready.map_err(|error| Status::unavailable(error.to_string()))?;
        let mut request = Request::new(body);
        if let Some(device) = &self.device {
            request.metadata_mut().insert("chit-device", device.parse().unwrap());
        }
        let path = format!("/{PACKAGE}.{method}").parse().unwrap();
        client.server_streaming(request, path, Raw).await?;
        Ok(())
    }

    fn refused(answer: &Result<(), Status>) -> bool {
        let reason = answer.as_ref().err().and_then(reason_of).unwrap_or_default();
        NOT_YOU.contains(&reason.as_str())
    }
}

fn services() -> Vec<(String, MethodDescriptorProto)> {
    let all = FileDescriptorSet::decode(chit_proto::FILE_DESCRIPTOR_SET).unwrap();
    let files = all.file.into_iter().filter(|file| file.package() == PACKAGE);
    let services = files.flat_map(|file| file.service);
    services
        .flat_map(|service| {
            let name = service.name().to_owned();
            service.method.into_iter().map(move |method| (format!("{name}/{}", method.name()), method))
        })
        .collect()
}

/// Number of the field `sale_id` in the request of a method.
fn sale_field(method: &MethodDescriptorProto) -> Option<u32> {
    let all = FileDescriptorSet::decode(chit_proto::FILE_DESCRIPTOR_SET).unwrap();
    let input = method.input_type().rsplit('.').next().unwrap().to_owned();
    let of_checkout = all.file.into_iter().filter(|file| file.package() == PACKAGE);
    let message = of_checkout.flat_map(|file| file.message_type).find(|message| message.name() == input)?;
    let field = message.field.iter().find(|field| field.name() == "sale_id")?;
    u32::try_from(field.number()).ok()
}

async fn by_certificate(house: &House, name: &str, role: &str) -> Channel {
    let folder = house.certify(name, role).unwrap();
    let read = |file: &str| std::fs::read(folder.join(file)).unwrap();
    let identity = Identity::from_pem(read(&format!("{name}.pem")), read(&format!("{name}.key")));
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(read("ca.pem")))
        .identity(identity)
        .domain_name("localhost");
    let endpoint = Endpoint::from_shared(format!("https://{}", house.tcp_addr().unwrap())).unwrap();
    endpoint.tls_config(tls).unwrap().connect_lazy().into()
}

async fn auditor(house: &House, owner: &Channel) -> Channel {
    let mut staff = StaffServiceClient::new(owner.clone());
    let request = checkout::AddStaffRequest {
        request_id: desk::new_id(),
        name: "sun".to_owned(),
        role: checkout::StaffRole::Auditor.into(),
        approval: Some(house.pins.approval("zhao").unwrap()),
    };
    let pin = staff.add_staff(request).await.unwrap().into_inner().one_time_pin;
    let open = chit_runtime::channel(&house.shared, "checkout");
    let sign_in =
        checkout::SignInRequest { actor: "sun".to_owned(), pin: pin.clone(), browser: String::new() };
    let opened = StaffServiceClient::new(open.clone()).sign_in(sign_in).await.unwrap().into_inner();
    let own = open.with_session(chit_runtime::session::Token::new(&opened.session_token).unwrap());
    let change = checkout::ChangePinRequest { pin, new_pin: "2718".to_owned() };
    StaffServiceClient::new(own.clone()).change_pin(change).await.unwrap();
    own
}

async fn device(house: &House, owner: &Channel, name: &str, kind: checkout::DeviceKind) -> String {
    let request = checkout::PairDeviceRequest {
        request_id: desk::new_id(),
        name: name.to_owned(),
        kind: kind.into(),
        approval: Some(house.pins.approval("zhao").unwrap()),
    };
    let mut devices = DeviceServiceClient::new(owner.clone());
    devices.pair_device(request).await.unwrap().into_inner().device_token
}

async fn everybody(house: &House) -> Vec<Attacker> {
    let person = |letter, channel| Attacker { letter, channel, device: None };
    let mut all = Vec::new();
    for (letter, name) in [('c', "li"), ('s', "wang"), ('o', "zhao")] {
        all.push(person(letter, desk::signed_in(house, name).await.unwrap()));
    }
    let owner = desk::signed_in(house, "zhao").await.unwrap();
    all.push(person('a', auditor(house, &owner).await));
    all.push(person('p', by_certificate(house, "kiosk", "pos").await));
    all.push(person('v', by_certificate(house, "screen", "viewer").await));
    use checkout::DeviceKind::{Display, Till, Timer};
    for (letter, name, kind) in [('t', "till-9", Till), ('m', "clock", Timer), ('d', "pad", Display)] {
        let token = device(house, &owner, name, kind).await;
        let channel = chit_runtime::channel(&house.shared, "checkout");
        all.push(Attacker { letter, channel, device: Some(token) });
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_makes_a_call_that_is_not_theirs_and_other_pos_see_no_sale_but_their_own() {
    let shop = Shop::open_with(&options().set("checkout", "tcp_listen", "127.0.0.1:0")).await;
    let known: BTreeSet<String> = services().into_iter().map(|(name, _)| name).collect();
    let listed: BTreeSet<String> = MAY.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(known, listed, "each call stands in the table, and no other");

    let everybody = everybody(&shop.house).await;
    let mut wrong = BTreeMap::new();
    let mut cells = 0;
    for (method, may) in MAY {
        for attacker in &everybody {
            let refused = Attacker::refused(&attacker.call(method, Vec::new()).await);
            cells += 1;
            if refused == may.contains(attacker.letter) {
                wrong.insert((*method, attacker.letter), if refused { "kept out" } else { "let in" });
            }
        }
    }
    assert_eq!(wrong, BTreeMap::new());
    assert_eq!(cells, MAY.len() * 9);
    foreign_sales(&shop).await;
    let figures = serde_json::json!({ "matrix_cells": cells, "matrix_leaks": wrong.len() });
    report("attack-matrix.json", &figures);
}

/// A POS client tries every call that names a sale on one that the till opened, and on one of another client.
async fn foreign_sales(shop: &Shop) {
    let kiosk =
        Attacker { letter: 'p', channel: by_certificate(&shop.house, "kiosk", "pos").await, device: None };
    let other = by_certificate(&shop.house, "van", "pos").await;
    let mut sales = checkout::sale_service_client::SaleServiceClient::new(other);
    let opened = checkout::StartSaleRequest { request_id: desk::new_id(), ..Default::default() };
    let of_van = sales.start_sale(opened.clone()).await.unwrap().into_inner().sale.unwrap();
    assert_eq!(of_van.cashier, "pos:van");
    let third = by_certificate(&shop.house, "stall", "pos").await;
    let mut same_id = checkout::sale_service_client::SaleServiceClient::new(third);
    let of_stall = same_id.start_sale(opened).await.unwrap().into_inner().sale.unwrap();
    assert_eq!(of_stall.cashier, "pos:stall", "nobody takes another's request id");
    let of_till = shop.draft().await;
    for (name, method) in services() {
        let (Some(field), true) =
            (sale_field(&method), MAY.iter().any(|(m, may)| *m == name && may.contains('p')))
        else {
            continue;
        };
        for sale in [&of_van, &of_till] {
            let mut body = Vec::new();
            prost::encoding::string::encode(field, &sale.sale_id, &mut body);
            let answer = kiosk.call(&name, body).await;
            let reason = answer.err().and_then(|status| reason_of(&status)).unwrap_or_default();
            assert_eq!(reason, "SALE_NOT_FOUND", "{name}");
        }
    }
    let mut sales = checkout::sale_service_client::SaleServiceClient::new(kiosk.channel.clone());
    let listed = sales.list_sales(checkout::ListSalesRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.sales, Vec::new(), "it has opened none");
    still_there(&shop.desk, &of_till.sale_id).await;
}

/// The client's own basket does not release or replace what stands at the till.
async fn still_there(desk: &Desk, sale_id: &str) {
    let sale = desk.sale(sale_id).await.unwrap();
    assert_eq!((sale.cashier.as_str(), sale.state()), ("li", checkout::SaleState::PayerOk));
}

/// Wrong PINs and wrong codes of strangers keep nobody out for good.
async fn strangers(shop: &mut Shop) -> usize {
    let mut locked = 0;
    let mut staff = StaffServiceClient::new(chit_runtime::channel(&shop.house.shared, "checkout"));
    for name in ["li", "wang", "zhao"] {
        let pin = shop.house.pins.approval(name).unwrap().pin;
        let typed = |pin: &str, browser: &str| checkout::SignInRequest {
            actor: name.to_owned(),
            pin: pin.to_owned(),
            browser: browser.to_owned(),
        };
        let own = staff.sign_in(typed(&pin, "")).await.unwrap().into_inner().browser;
        for _try in 0..12 {
            staff.sign_in(typed("000000", "")).await.unwrap_err();
        }
        locked += usize::from(staff.sign_in(typed(&pin, &own)).await.is_err());
    }
    locked + usize::from(!reopens(shop).await)
}

/// A spoofer who sends as the payer closes answering by SMS; one right row at the counter reopens it.
async fn reopens(shop: &mut Shop) -> bool {
    let (sale, _) = shop.sell().await;
    let mut row = 0;
    for round in 0..3 {
        row = shop.payer.next_challenge().await.unwrap();
        let challenge = shop.desk.sale(&sale.sale_id).await.unwrap().challenge_id;
        let mut journal = shop.desk.journal(&challenge);
        for n in 1..=3 {
            shop.payer.answer(row, Answer::Wrong(round * 3 + n)).await.unwrap();
            let counted = |challenge: &checkout::Challenge| challenge.wrong_replies == n;
            journal.challenge("a wrong reply is counted", counted).await.unwrap();
        }
        shop.desk.advance_hours(24).await.unwrap();
    }
    let mut journal = shop.desk.journal(&shop.payer_id);
    let state = |wanted| move |payer: &checkout::Payer| payer.state() == wanted;
    journal.payer("LOCKED", state(checkout::PayerState::Locked)).await.unwrap();
    let request = checkout::AnswerInPersonRequest {
        request_id: desk::new_id(),
        payer_id: shop.payer_id.clone(),
        row_code: shop.payer.row_code(row).unwrap().to_owned(),
    };
    let answered = shop.desk.payers.answer_in_person(request).await.unwrap().into_inner();
    answered.payer.unwrap().state() == checkout::PayerState::Active
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_keep_nobody_out_for_good() {
    let mut shop = Shop::open().await;
    let lockouts = strangers(&mut shop).await;
    assert_eq!(lockouts, 0);
    report("attack-lockouts.json", &serde_json::json!({ "lockouts_by_strangers": lockouts }));
}

/// For `just attack`: beside the file that it names.
fn report(name: &str, figures: &serde_json::Value) {
    if let Ok(file) = std::env::var("CHIT_ATTACK_FIGURES") {
        std::fs::write(std::path::Path::new(&file).with_file_name(name), figures.to_string()).unwrap();
    }
}

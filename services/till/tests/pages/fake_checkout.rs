//! A checkout that shows what a test has put into it and remembers what it was asked.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};

use chit_proto::checkout::v1::*;
use chit_proto::money::v1::Money;
use chit_runtime::{Context, Server, error};
use tokio::sync::broadcast;
use tokio_stream::{Stream, StreamExt as _, wrappers::BroadcastStream};
use tonic::{Code, Request, Response, Status};

pub const PIN: &str = "135790";

#[derive(Default)]
pub struct State {
    pub sales: Vec<Sale>,
    pub devices: Vec<DeviceStatus>,
    pub waiting: u32,
    pub verified: u32,
    pub wrong_pins: u32,
    pub manifest: Vec<u8>,
    /// The one payer's; unset = `payer()`.
    pub payer: Option<Payer>,
    /// Picture of that payer's code, as long as it may be seen.
    pub code_png: Vec<u8>,
    /// Comes into the basket just before it is set or voided.
    pub scanned_meanwhile: Option<BasketLine>,
    /// Open at the bank.
    pub exceptions: Vec<BankException>,
    /// What the page of batches shows; unset = the shop has no bank.
    pub reconciled: Option<ReconcileResponse>,
    /// Names of the calls that change something, in their order.
    pub asked: Vec<String>,
    /// Token → name.
    pub sessions: HashMap<String, String>,
    /// Whose session the newest call with one had.
    pub actor: String,
    /// Everybody has a one-time PIN.
    pub must_change_pin: bool,
}

impl State {
    fn member(&self, name: &str) -> StaffMember {
        let role = match name {
            "zhao" => StaffRole::Owner,
            "wang" => StaffRole::Supervisor,
            _ => StaffRole::Cashier,
        };
        StaffMember { name: name.to_owned(), role: role as i32, must_change_pin: self.must_change_pin }
    }
}

#[derive(Clone)]
pub struct FakeCheckout {
    state: Arc<Mutex<State>>,
    events: broadcast::Sender<Event>,
}

impl FakeCheckout {
    pub fn new() -> Self {
        Self { state: Arc::default(), events: broadcast::Sender::new(64) }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Adds or changes a sale, and streams the change.
    pub fn put(&self, sale: Sale) {
        let mut state = self.state();
        state.sales.retain(|known| known.sale_id != sale.sale_id);
        state.sales.push(sale.clone());
        state.sales.sort_by(|left, right| right.sale_id.cmp(&left.sale_id));
        let resource = Some(event::Resource::Sale(sale));
        // There may be no listener yet.
        let _ = self.events.send(Event { revision: 7, resource, ..Event::default() });
    }

    /// What is scanned just before a change of the basket, and whether the change knows of it.
    fn scanned_then(&self, if_basket_tag: &str) -> Result<(), Status> {
        let mut state = self.state();
        if let Some(scanned) = state.scanned_meanwhile.take() {
            let sale = &mut state.sales[0];
            sale.total.get_or_insert_default().amount_minor += scanned.total_minor;
            sale.lines.push(scanned);
            sale.basket_tag = "newer".to_owned();
        }
        let known = if_basket_tag.is_empty() || if_basket_tag == state.sales[0].basket_tag;
        let changed = || error::status(Code::FailedPrecondition, "BASKET_CHANGED", "read it again");
        known.then_some(()).ok_or_else(changed)
    }

    /// Whose session a call has; one that never was or is over is refused.
    pub fn meets<T>(&self, request: &Request<T>) -> Result<(), Status> {
        let Some(token) = request.metadata().get("chit-session") else { return Ok(()) };
        let mut state = self.state();
        // Both are for anybody.
        let anyone = ["ListStaff", "SignIn"].iter().any(|call| std::any::type_name::<T>().contains(call));
        if anyone {
            return Ok(());
        }
        let Some(name) = token.to_str().ok().and_then(|token| state.sessions.get(token)).cloned() else {
            return Err(error::status(Code::Unauthenticated, "SESSION_ENDED", "sign in"));
        };
        state.actor = name;
        Ok(())
    }

    pub fn note(&self, call: &str) {
        self.state().asked.push(call.to_owned());
    }

    pub fn serve(&self, ctx: &Context) {
        let server = Server::new(ctx, chit_proto::FILE_DESCRIPTOR_SET)
            .add(staff_service_server::StaffServiceServer::new(self.clone()))
            .add(sale_service_server::SaleServiceServer::new(self.clone()))
            .add(shop_service_server::ShopServiceServer::new(self.clone()))
            .add(event_service_server::EventServiceServer::new(self.clone()))
            .add(enquiry_service_server::EnquiryServiceServer::new(self.clone()))
            .add(settlement_service_server::SettlementServiceServer::new(self.clone()))
            .add(bank_service_server::BankServiceServer::new(self.clone()))
            .add(payer_service_server::PayerServiceServer::new(self.clone()))
            .add(dispute_service_server::DisputeServiceServer::new(self.clone()));
        tokio::spawn(server.run());
    }
}

pub fn sale(id: &str, state: SaleState) -> Sale {
    let line = |gtin: &str, name: &str, pieces: i64, price: i64| BasketLine {
        gtin: gtin.to_owned(),
        description: name.to_owned(),
        quantity_milli: pieces * 1000,
        unit_price_minor: price,
        total_minor: pieces * price,
    };
    Sale {
        sale_id: id.to_owned(),
        state: state as i32,
        cashier: "li".to_owned(),
        lines: vec![
            line("6901234567892", "农夫山泉 550ml", 2, 200),
            line("6911111111117", "鲜鸡蛋 <10>", 1, 1280),
        ],
        total: Some(Money { amount_minor: 1680, currency_code: "CNY".to_owned() }),
        payer_id: "8361eb0013f73355".to_owned(),
        payer_last4: "3355".to_owned(),
        basket_tag: "as-made".to_owned(),
        ..Sale::default()
    }
}

pub fn refuse(reason: &'static str) -> Status {
    error::status(Code::PermissionDenied, reason, "refused")
}

/// One line a call; what is not named answers emptily.
macro_rules! service {
    ($trait:path { $($method:ident($request:ident) -> $response:ident $(= $answer:expr)?),* $(,)? }) => {
        #[tonic::async_trait]
        impl $trait for FakeCheckout {
            $(async fn $method(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                let answer = service!(@answer self, request, $response $(, $answer)?);
                answer.map(Response::new)
            })*
        }
    };
    (@answer $fake:ident, $request:ident, $response:ident) => {{
        drop($request);
        Ok::<$response, Status>($response::default())
    }};
    (@answer $fake:ident, $request:ident, $response:ident, $answer:expr) => {{
        $fake.meets(&$request)?;
        $answer($fake, $request.into_inner())
    }};
}
pub(crate) use service;

service!(staff_service_server::StaffService {
    list_staff(ListStaffRequest) -> ListStaffResponse = |_: &Self, _| {
        let member = |name: &str, role: StaffRole| StaffMember {
            name: name.to_owned(),
            role: role as i32,
            ..Default::default()
        };
        let staff = vec![
            member("li", StaffRole::Cashier),
            member("wang", StaffRole::Supervisor),
            member("zhao", StaffRole::Owner),
        ];
        Ok(ListStaffResponse { staff })
    },
    sign_in(SignInRequest) -> SignInResponse = |fake: &Self, request: SignInRequest| {
        let mut state = fake.state();
        if state.wrong_pins >= 5 {
            return Err(refuse("PIN_LOCKED_OUT"));
        }
        if request.pin != PIN {
            state.wrong_pins += 1;
            return Err(refuse("PIN_WRONG"));
        }
        // As checkout's: 64 hexadecimal digits.
        let session_token = format!("{:064x}", state.sessions.len() + 1);
        state.sessions.insert(session_token.clone(), request.actor.clone());
        let member = Some(state.member(&request.actor));
        Ok(SignInResponse { member, session_token, ..Default::default() })
    },
    sign_out(SignOutRequest) -> SignOutResponse = |fake: &Self, _| {
        let mut state = fake.state();
        let actor = state.actor.clone();
        state.sessions.retain(|_, name| *name != actor);
        Ok(SignOutResponse {})
    },
    get_session(GetSessionRequest) -> GetSessionResponse = |fake: &Self, _| {
        let state = fake.state();
        Ok(GetSessionResponse { member: Some(state.member(&state.actor)), ..Default::default() })
    },
    add_staff(AddStaffRequest) -> AddStaffResponse = |fake: &Self, request: AddStaffRequest| {
        match request.approval {
            Some(approval) if approval.pin == PIN => {
                fake.note(&format!("add_staff {} approved by {}", request.name, approval.actor));
                let member = StaffMember { name: request.name, role: request.role, must_change_pin: true };
                Ok(AddStaffResponse { member: Some(member), one_time_pin: "314159".to_owned() })
            }
            _ => Err(refuse("APPROVAL_REQUIRED")),
        }
    },
    disable_staff(DisableStaffRequest) -> DisableStaffResponse = |fake: &Self, request: DisableStaffRequest| {
        fake.note(&format!("disable_staff {}", request.name));
        Ok(DisableStaffResponse {})
    },
    change_pin(ChangePinRequest) -> ChangePinResponse = |fake: &Self, request: ChangePinRequest| {
        if request.pin != PIN {
            return Err(refuse("PIN_WRONG"));
        }
        let mut state = fake.state();
        state.must_change_pin = false;
        let actor = state.actor.clone();
        state.asked.push(format!("change_pin by {actor}"));
        Ok(ChangePinResponse {})
    },
    reset_pin(ResetPinRequest) -> ResetPinResponse,
    reset_owner(ResetOwnerRequest) -> ResetOwnerResponse,
    cancel_owner_reset(CancelOwnerResetRequest) -> CancelOwnerResetResponse,
});

service!(sale_service_server::SaleService {
    start_sale(StartSaleRequest) -> StartSaleResponse = |fake: &Self, request: StartSaleRequest| {
        fake.note(&format!("start_sale {}", request.request_id));
        Ok(StartSaleResponse::default())
    },
    set_basket(SetBasketRequest) -> SetBasketResponse = |fake: &Self, request: SetBasketRequest| {
        fake.scanned_then(&request.if_basket_tag)?;
        let total = request.total.unwrap_or_default().amount_minor;
        fake.note(&format!("set_basket {} lines {total}", request.lines.len()));
        Ok(SetBasketResponse::default())
    },
    scan_payer(ScanPayerRequest) -> ScanPayerResponse,
    present_payer(PresentPayerRequest) -> PresentPayerResponse,
    confirm_person(ConfirmPersonRequest) -> ConfirmPersonResponse,
    commit_sale(CommitSaleRequest) -> CommitSaleResponse = |fake: &Self, request: CommitSaleRequest| {
        if request.approval.is_some() {
            fake.scanned_then(&request.if_basket_tag)?;
        }
        match request.approval {
            None => Err(refuse("APPROVAL_REQUIRED")),
            Some(approval) if approval.pin != PIN => Err(refuse("PIN_WRONG")),
            Some(approval) => {
                fake.note(&format!("commit_sale approved by {}", approval.actor));
                Ok(CommitSaleResponse::default())
            }
        }
    },
    release_sale(ReleaseSaleRequest) -> ReleaseSaleResponse = |fake: &Self, request: ReleaseSaleRequest| {
        fake.note(&format!("release_sale {}", request.sale_id));
        Ok(ReleaseSaleResponse::default())
    },
    void_sale(VoidSaleRequest) -> VoidSaleResponse = |fake: &Self, request: VoidSaleRequest| {
        fake.scanned_then(&request.if_basket_tag)?;
        fake.note("void_sale");
        Ok(VoidSaleResponse::default())
    },
    override_evidence(OverrideEvidenceRequest) -> OverrideEvidenceResponse,
    resolve_receipt(ResolveReceiptRequest) -> ResolveReceiptResponse,
    reprint_receipt(ReprintReceiptRequest) -> ReprintReceiptResponse = |fake: &Self, request: ReprintReceiptRequest| {
        fake.note(&format!("reprint_receipt {}", request.request_id));
        Ok(ReprintReceiptResponse { sale: fake.state().sales.first().cloned() })
    },
    record_other_payment(RecordOtherPaymentRequest) -> RecordOtherPaymentResponse,
    get_sale(GetSaleRequest) -> GetSaleResponse = |fake: &Self, request: GetSaleRequest| {
        let sale = fake.state().sales.iter().find(|sale| sale.sale_id == request.sale_id).cloned();
        let sale = sale.ok_or_else(|| error::status(Code::NotFound, "SALE_NOT_FOUND", "no such sale"))?;
        Ok(GetSaleResponse { sale: Some(sale) })
    },
    list_sales(ListSalesRequest) -> ListSalesResponse = |fake: &Self, _| {
        Ok(ListSalesResponse { sales: fake.state().sales.clone(), ..Default::default() })
    },
});

service!(shop_service_server::ShopService {
    get_status(GetStatusRequest) -> GetStatusResponse = |fake: &Self, _| {
        let state = fake.state();
        let attention = state.sales.iter().filter(|sale| !sale.attention.is_empty()).cloned().collect();
        Ok(GetStatusResponse {
            deductions_waiting: state.waiting,
            verified: state.verified,
            devices: state.devices.clone(),
            attention,
            ..Default::default()
        })
    },
    get_z_report(GetZReportRequest) -> GetZReportResponse,
    close_shift(CloseShiftRequest) -> CloseShiftResponse,
    confirm_time(ConfirmTimeRequest) -> ConfirmTimeResponse,
    search_goods(SearchGoodsRequest) -> SearchGoodsResponse,
});

service!(enquiry_service_server::EnquiryService {
    look_up_sale(LookUpSaleRequest) -> LookUpSaleResponse = |fake: &Self, request: LookUpSaleRequest| {
        let by = format!("look_up_sale {} by {}", request.reference, fake.state().actor);
        fake.note(&by);
        let state = fake.state();
        let sale = state.sales.first().cloned();
        let sale = sale.ok_or_else(|| error::status(Code::NotFound, "SALE_NOT_FOUND", "no such sale"))?;
        let video_file = "video.mp4".to_owned();
        Ok(LookUpSaleResponse { sale: Some(sale), manifest: state.manifest.clone(), video_file, ..Default::default() })
    },
});

service!(settlement_service_server::SettlementService {
    run_settlement(RunSettlementRequest) -> RunSettlementResponse = |fake: &Self, _| {
        let by = format!("run_settlement by {}", fake.state().actor);
        fake.note(&by);
        Ok(RunSettlementResponse::default())
    },
    get_settlement_batch(GetSettlementBatchRequest) -> GetSettlementBatchResponse,
    list_settlement_batches(ListSettlementBatchesRequest) -> ListSettlementBatchesResponse,
});

service!(dispute_service_server::DisputeService {
    open_dispute(OpenDisputeRequest) -> OpenDisputeResponse,
    resolve_dispute(ResolveDisputeRequest) -> ResolveDisputeResponse,
    withdraw_dispute(WithdrawDisputeRequest) -> WithdrawDisputeResponse,
    get_dispute(GetDisputeRequest) -> GetDisputeResponse,
    list_disputes(ListDisputesRequest) -> ListDisputesResponse,
});

#[tonic::async_trait]
impl event_service_server::EventService for FakeCheckout {
    type WatchEventsStream = Pin<Box<dyn Stream<Item = Result<WatchEventsResponse, Status>> + Send>>;

    async fn watch_events(
        &self,
        _request: Request<WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let events = BroadcastStream::new(self.events.subscribe());
        let events =
            events.filter_map(Result::ok).map(|event| Ok(WatchEventsResponse { event: Some(event) }));
        Ok(Response::new(Box::pin(events)))
    }
}

//! The gRPC face: one file a call. Decode, authorise, one step, encode.

mod access;
mod admission;
mod bank;
mod call;
mod caller;
mod convert;
mod deduction;
mod device;
mod dispute;
mod enquiry;
mod events;
mod house_account;
mod mutation;
mod page;
pub(crate) mod payer;
mod payer_data;
mod pieces;
mod sale;
mod sandbox;
mod settlement;
mod shop;
pub(crate) mod shown;
mod shown_bank;
mod staff;
mod status;

use std::sync::Arc;

use chit_runtime::Server;

use crate::context::Shop;

pub use admission::may;

/// All services over one shop.
#[derive(Clone)]
pub struct Api {
    shop: Arc<Shop>,
}

/// One line a call: who may make it (`access.rs`), and where it names a sale that must be the caller's own. The work is in
/// the file of the call's name.
macro_rules! calls {
    ($service:path {
        $($method:ident($request:ident) -> $response:ident for $access:ident $(on $sale:ident)?),* $(,)?
    }) => {
        pub(in crate::api) const CALLS: crate::api::access::Table =
            &[$((stringify!($method), crate::api::access::Access::$access)),*];

        #[tonic::async_trait]
        impl $service for crate::api::Api {
            $(async fn $method(
                &self,
                request: tonic::Request<chit_proto::checkout::v1::$request>,
            ) -> Result<tonic::Response<chit_proto::checkout::v1::$response>, tonic::Status> {
                type Named = fn(&chit_proto::checkout::v1::$request) -> &str;
                let access = crate::api::access::Access::$access;
                let sale = None::<Named>$(.or(Some((|body| body.$sale.as_str()) as Named)))?;
                let method = stringify!($method);
                let call = crate::api::call::Call::admit(&self.shop, request, access, method, sale).await?;
                $method::handle(&self.shop, call).await.map(tonic::Response::new)
            })*
        }
    };
}
use calls;

pub fn add_all(server: Server, shop: Arc<Shop>) -> Server {
    use chit_proto::checkout::v1;
    let api = Api { shop };
    server
        .add(v1::sale_service_server::SaleServiceServer::new(api.clone()))
        .add(v1::payer_service_server::PayerServiceServer::new(api.clone()))
        .add(v1::payer_data_service_server::PayerDataServiceServer::new(api.clone()))
        .add(v1::deduction_service_server::DeductionServiceServer::new(api.clone()))
        .add(v1::settlement_service_server::SettlementServiceServer::new(api.clone()))
        .add(v1::bank_service_server::BankServiceServer::new(api.clone()))
        .add(v1::house_account_service_server::HouseAccountServiceServer::new(api.clone()))
        .add(v1::dispute_service_server::DisputeServiceServer::new(api.clone()))
        .add(v1::enquiry_service_server::EnquiryServiceServer::new(api.clone()))
        .add(v1::event_service_server::EventServiceServer::new(api.clone()))
        .add(v1::shop_service_server::ShopServiceServer::new(api.clone()))
        .add(v1::staff_service_server::StaffServiceServer::new(api.clone()))
        .add(v1::device_service_server::DeviceServiceServer::new(api.clone()))
        .add(v1::sandbox_service_server::SandboxServiceServer::new(api))
}

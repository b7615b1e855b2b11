//! PayerDataService.

mod erase_payer;
mod export_payer;

use chit_proto::checkout::v1;
use tonic::{Request, Response, Status};

use super::Api;
use super::access::{Access, Table};
use super::call::Call;

pub(in crate::api) const CALLS: Table = &[("export_payer", Access::STAFF), ("erase_payer", Access::STAFF)];

/// One of its calls returns a stream, so it stands outside `calls!`.
#[tonic::async_trait]
impl v1::payer_data_service_server::PayerDataService for Api {
    type ExportPayerStream = export_payer::Parts;

    async fn export_payer(
        &self,
        request: Request<v1::ExportPayerRequest>,
    ) -> Result<Response<Self::ExportPayerStream>, Status> {
        let call = Call::admit(&self.shop, request, Access::STAFF, "export_payer", None).await?;
        export_payer::handle(&self.shop, call).await.map(Response::new)
    }

    async fn erase_payer(
        &self,
        request: Request<v1::ErasePayerRequest>,
    ) -> Result<Response<v1::ErasePayerResponse>, Status> {
        let call = Call::admit(&self.shop, request, Access::STAFF, "erase_payer", None).await?;
        erase_payer::handle(&self.shop, call).await.map(Response::new)
    }
}

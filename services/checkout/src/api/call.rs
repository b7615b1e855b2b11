//! A call: its body, and who makes it. It exists only once its caller was admitted.

use std::sync::Arc;

use tonic::{Request, Status};

use super::access::Access;
use super::caller::{self, Calling};
use crate::context::Shop;
use crate::values::reason::Reason;
use crate::values::refusal::{Refusal, Result};

pub struct Call<T> {
    pub by: Calling,
    pub body: T,
}

impl<T> Call<T> {
    /// `method` is the name in Rust. `sale` is where the request names a sale that must be the caller's own.
    pub async fn admit(
        shop: &Arc<Shop>,
        request: Request<T>,
        access: Access,
        method: &str,
        sale: Option<fn(&T) -> &str>,
    ) -> std::result::Result<Self, Status> {
        let by = caller::of(shop, &request, access).await?;
        by.may(access, method)?;
        let call = Self { by, body: request.into_inner() };
        if let Some(sale) = sale {
            call.must_own(shop, sale(&call.body).to_owned()).await?;
        }
        Ok(call)
    }

    /// As for a sale that is not there: nobody learns which ids others have.
    async fn must_own(&self, shop: &Arc<Shop>, reference: String) -> Result<()> {
        if self.by.sees_all_sales() {
            return Ok(());
        }
        let look = move |view: &crate::store::View| {
            let id = view.sale_by_reference(&reference)?;
            Ok(view.sale(id)?.cashier)
        };
        if self.by.owns(&shop.store.read(look).await?) {
            return Ok(());
        }
        Err(Refusal::not_found(Reason::SALE_NOT_FOUND, "sale"))
    }

    pub fn actor(&self) -> String {
        self.by.actor()
    }
}

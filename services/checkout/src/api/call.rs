//! A call: its body and who makes it.

use tonic::Request;

use crate::store::requests::Caller;

pub struct Call<T> {
    pub caller: Caller,
    pub body: T,
}

impl<T> From<Request<T>> for Call<T> {
    fn from(request: Request<T>) -> Self {
        Self { caller: Caller(chit_runtime::caller::scope_of(&request)), body: request.into_inner() }
    }
}

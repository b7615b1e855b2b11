//! A way into this process's own server: one end of a pair of sockets is handed to the loop that takes callers. The path of the
//! service's socket would not do, for its mode says who may connect, and the service's own user is not among them.

use std::io;

use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint, Uri};

/// One asks at a time; a server that takes nobody is not asked more often than it can answer.
const CALLERS_MAX: usize = 4;

#[derive(Clone)]
pub struct Door(mpsc::Sender<io::Result<UnixStream>>);

/// The door, and for the server those who come in by it.
pub fn door() -> (Door, ReceiverStream<io::Result<UnixStream>>) {
    let (sender, callers) = mpsc::channel(CALLERS_MAX);
    (Door(sender), ReceiverStream::new(callers))
}

impl Door {
    /// A new caller each time: the server must take it, too.
    pub(crate) fn channel(&self) -> Channel {
        let door = self.0.clone();
        Endpoint::from_static("http://own").connect_with_connector_lazy(tower::service_fn(move |_: Uri| {
            let door = door.clone();
            async move {
                let (ours, theirs) = UnixStream::pair()?;
                door.try_send(Ok(theirs)).map_err(io::Error::other)?;
                Ok::<_, io::Error>(TokioIo::new(ours))
            }
        }))
    }
}

//! Ports at which people like to find things: the printer where a printer is, the till where it was.

use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};

/// Claims of this house, for as long as it lives. Whoever finds a port free has not taken it yet, and two houses may look
/// at once: an abstract socket (unix(7)) of the port's name goes to one of them, and goes away with its process.
#[derive(Default)]
pub struct Ports(Vec<UnixListener>);

impl Ports {
    /// The port itself if nobody has it; else 0, which is any.
    pub fn claim(&mut self, port: u16) -> u16 {
        let name = SocketAddr::from_abstract_name(format!("chit-port-{port}"));
        match name.and_then(|name| UnixListener::bind_addr(&name)) {
            Ok(claim) if TcpListener::bind(("127.0.0.1", port)).is_ok() => {
                self.0.push(claim);
                port
            }
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_to_one_house_at_a_time() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (mut first, mut second) = (Ports::default(), Ports::default());
        assert_eq!(first.claim(free), free);
        assert_eq!(second.claim(free), 0);
        drop(first);
        assert_eq!(second.claim(free), free);
    }
}

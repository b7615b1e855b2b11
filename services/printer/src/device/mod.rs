//! The printer's side: the link, the one actor that owns it, what it says, and how it is spoken to.

pub mod actor;
mod chardev;
mod command;
pub mod compose;
pub mod identity;
pub mod link;
mod logo;
pub mod order;
mod raster;
pub mod replies;
pub mod serial;
mod session;
pub mod station;
pub mod tcp;
pub mod usb;

//! The printer's side: bytes, links, and the one actor that owns the link.

pub mod actor;
pub mod compose;
pub mod link;
pub mod replies;
pub mod session;
pub mod tcp;

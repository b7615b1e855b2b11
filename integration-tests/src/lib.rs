//! A whole shop on one machine: the real services under a supervisor, simulated devices at the far ends of their
//! wires, a desk that calls the services as a till would, and a payer who knows only what reaches their hands.

pub mod api_doc;
pub mod artefacts;
pub mod control;
pub mod desk;
pub mod house;
pub mod magic;
pub mod magic_payer;
pub mod once;
pub mod payer;
pub mod printer_proof;
pub mod virtual_desk;

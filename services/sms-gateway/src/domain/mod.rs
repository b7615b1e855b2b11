//! Pure rules of the gateway: no tonic, tokio, redb. Time and ids come in as arguments.

pub mod at_line;
pub mod bearer;
pub mod class;
pub mod cms;
pub mod cnmi;
pub mod concatenation;
pub mod credit;
pub mod final_result;
pub mod inbound;
pub mod network_clock;
pub mod outbox;
pub mod pairing;
pub mod pdu;
pub mod phone;
pub mod rate;
pub mod receipt_id;

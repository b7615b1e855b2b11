//! How long a sale's film is needed: what became of the sale, and who asks about it. media-capture keeps the film and
//! knows nothing of sales, so it is told; by the shop's profile it then decides when the film goes.

mod log;
mod record;
mod steps;
mod stored;

pub use log::{LogEntry, Logged};
pub use record::Custody;
pub use steps::{
    answered, concluded, delivered, dispute_ended, disputed, end_enquiry, enquired, owed_again, stated_by,
};

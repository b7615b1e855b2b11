//! How sales end when something goes wrong, as DESIGN.md's table says. Time is advanced, not waited for.

mod changes;
mod devices;
mod replies;
mod silence;

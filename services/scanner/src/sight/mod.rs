//! Reading codes in pictures. Pure: grey pixels in, codes out; the clock is the caller's.

pub mod binary;
pub mod cascade;
mod corners;
mod equalise;
mod filter;
mod finder;
mod grid;
pub mod linear;
pub mod plane;
mod projective;
mod qr;

pub use cascade::{Engine, Fallback, Sighting};
pub use plane::Plane;

#[cfg(test)]
pub(crate) mod tests;

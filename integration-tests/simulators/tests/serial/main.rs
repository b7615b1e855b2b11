//! The serial simulators, driven through their ptys.

mod line;
mod modem;
mod scanner;

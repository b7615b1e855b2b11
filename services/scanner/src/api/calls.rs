//! Which calls other services of this machine may make.

use chit_runtime::neighbour::{CHECKOUT, Calls, LOOK, Neighbour, OPERATOR};

/// Scans hold payer codes, so only checkout and the till see them; raw bytes are for an operator's test.
pub const CALLS: Calls = &[
    ("ScannerService/WatchScans", &[Neighbour::Checkout, Neighbour::Till]),
    ("ScannerService/ClaimScanner", &[Neighbour::Checkout, Neighbour::Till]),
    ("ScannerService/ScanCamera", CHECKOUT),
    ("ScannerService/GetStatus", LOOK),
    ("ScannerService/DecodeImage", LOOK),
    ("ScannerService/EnableScanner", &[Neighbour::Checkout, Neighbour::Till]),
    ("ScannerService/DisableScanner", &[Neighbour::Checkout, Neighbour::Till]),
    ("ScannerService/CommandDevice", CHECKOUT),
    ("ScannerService/WatchDevices", OPERATOR),
];

#[cfg(test)]
mod tests {
    use super::CALLS;

    #[test]
    fn every_call_says_who_may_make_it() {
        let differs =
            chit_runtime::neighbour::differs(CALLS, chit_proto::FILE_DESCRIPTOR_SET, "chit.scanner.v1");
        assert!(differs.is_empty(), "{differs:?}");
    }
}

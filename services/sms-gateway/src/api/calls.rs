//! Which calls other services of this machine may make.

use chit_runtime::neighbour::{CHECKOUT, CORRESPONDENT, Calls, LOOK, OPERATOR};

/// Numbers and texts are checkout's, or, on an issuer's own gateway, the issuer's; the modem's care is an operator's. Who may send is said once more in `senders.rs`.
pub const CALLS: Calls = &[
    ("SmsGatewayService/SendMessage", CORRESPONDENT),
    ("SmsGatewayService/GetMessage", CORRESPONDENT),
    ("SmsGatewayService/ListMessages", CHECKOUT),
    ("SmsGatewayService/CancelMessage", CHECKOUT),
    ("SmsGatewayService/ConfirmDelivered", CHECKOUT),
    ("SmsGatewayService/HoldMessage", CHECKOUT),
    ("SmsGatewayService/ReleaseMessage", CHECKOUT),
    ("SmsGatewayService/ResendMessage", CHECKOUT),
    ("SmsGatewayService/WatchMessages", CHECKOUT),
    ("SmsGatewayService/WatchInbound", CORRESPONDENT),
    ("SmsGatewayService/AckInbound", CORRESPONDENT),
    ("SmsGatewayService/ListInbound", CHECKOUT),
    ("SmsGatewayService/ListUndecoded", OPERATOR),
    ("SmsGatewayService/ListModems", LOOK),
    ("SmsGatewayService/ResetModem", OPERATOR),
    ("SmsGatewayService/AcceptSim", OPERATOR),
    ("SmsGatewayService/GetModem", LOOK),
    ("SmsGatewayService/WatchModem", LOOK),
];

#[cfg(test)]
mod tests {
    use super::CALLS;

    #[test]
    fn every_call_says_who_may_make_it() {
        let differs =
            chit_runtime::neighbour::differs(CALLS, chit_proto::FILE_DESCRIPTOR_SET, "chit.sms_gateway.v1");
        assert!(differs.is_empty(), "{differs:?}");
    }
}

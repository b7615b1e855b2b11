//! SandboxService.

mod advance_clock;

super::calls! {
    chit_proto::checkout::v1::sandbox_service_server::SandboxService {
        advance_clock(AdvanceClockRequest) -> AdvanceClockResponse for PRACTISE,
    }
}

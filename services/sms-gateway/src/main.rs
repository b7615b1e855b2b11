use std::process::ExitCode;

fn main() -> ExitCode {
    chit_runtime::main("sms-gateway", chit_sms_gateway::run)
}

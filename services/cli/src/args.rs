//! The command line's grammar.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::commands::{
    account, backup, bad_records, camera, clock, deduct, device, dispute, enrol, evidence, issuer, keys,
    ledger, payer, pki, printer, restore, sale, sandbox, scanner, settle, shift, sign_in, sms, staff,
};

#[derive(Parser, Debug)]
#[command(
    name = "chit",
    version,
    about = "Sell without a network, deduct later: the command line of the shop's PC"
)]
#[command(after_help = "Exit codes: 0 done, 1 it did not work, 2 refused, 64 wrong use or configuration.")]
pub struct Cli {
    /// Configuration of the shop.
    #[arg(long, global = true, value_name = "FILE", default_value = "/etc/chit/chit.toml")]
    pub config: PathBuf,
    /// Write JSON, one object a line, for programs.
    #[arg(long, global = true)]
    pub json: bool,
    /// Repeat an earlier command under its id: what it already did is not repeated [default: a fresh id].
    #[arg(long, global = true, value_name = "ID")]
    pub request_id: Option<String>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Make keys, staff with PINs, and house accounts; keeps what is there.
    Init {
        /// Only add the keys and accounts that a newer Chit needs, as an update of the package does. Shows nothing secret.
        #[arg(long)]
        update: bool,
    },
    /// Check configuration, keys, services and devices, and say what to do next.
    Doctor,
    /// Sign in: for 12 hours, what you do is recorded under your name.
    SignIn(sign_in::SignInArgs),
    /// End the session of `sign-in`.
    SignOut,
    /// Change your own PIN.
    Pin,
    /// Add, disable and list the people of the shop.
    #[command(subcommand)]
    Staff(staff::StaffCommand),
    /// Pair, list and revoke devices that call without a person.
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Show what is waiting, what needs attention, and the state of the devices.
    Status,
    /// Enrol a payer: photo, mandate, code card, QR code and a first challenge.
    Enrol(enrol::EnrolArgs),
    /// Show a payer, change their phone or card.
    #[command(subcommand)]
    Payer(payer::PayerCommand),
    /// Show what payers owe on their accounts in the shop, and take cash for them.
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Sell, or act on a sale.
    Sale(sale::SaleArgs),
    /// Show scanners and what they send, and read the codes in a picture.
    #[command(subcommand)]
    Scanner(scanner::ScannerCommand),
    /// Send and read SMS through the shop's modem.
    #[command(subcommand)]
    Sms(sms::SmsCommand),
    /// Try the receipt printer.
    #[command(subcommand)]
    Printer(printer::PrinterCommand),
    /// Write how this shop's devices show themselves into a file that you can send: no personal data.
    ReportHardware {
        /// File to write.
        #[arg(default_value = "chit-hardware.json")]
        file: std::path::PathBuf,
    },
    /// Ask payers for their row codes.
    #[command(subcommand)]
    Deduct(deduct::DeductCommand),
    /// Settle what payers confirmed.
    #[command(subcommand)]
    Settle(settle::SettleCommand),
    /// Write the bad records as a signed file for the bank; verify one offline.
    #[command(subcommand)]
    BadRecords(bad_records::BadRecordsCommand),
    /// Show Z reports and close the shift.
    #[command(subcommand)]
    Shift(shift::ShiftCommand),
    /// Confirm the clock of this machine.
    #[command(subcommand)]
    Clock(clock::ClockCommand),
    /// Open, resolve and look at disputes.
    #[command(subcommand)]
    Dispute(dispute::DisputeCommand),
    /// Test the camera.
    #[command(subcommand)]
    Camera(camera::CameraCommand),
    /// Verify sealed evidence offline; keep, release, erase, export it.
    #[command(subcommand)]
    Evidence(evidence::EvidenceCommand),
    /// Export, verify, back up and import the ledger.
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Write the whole shop as it is at this moment into one file that only the recovery key opens, while it sells.
    Backup(backup::BackupArgs),
    /// Put a backup on an empty machine: state, keys, configuration. Code cards skip the rows asked since.
    Restore(restore::RestoreArgs),
    /// Print the public keys that others need to check receipts, evidence and the ledger.
    Keys(keys::KeysArgs),
    /// Make code cards and judge their rows for shops that cannot.
    #[command(subcommand)]
    Issuer(issuer::IssuerCommand),
    /// Make certificates for other POS software.
    #[command(subcommand)]
    Pki(pki::PkiCommand),
    /// Move the sandbox's clock.
    #[command(subcommand)]
    Sandbox(sandbox::SandboxCommand),
}

impl Command {
    /// Name of the command's span.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Init { .. } => "chit init",
            Self::Doctor => "chit doctor",
            Self::SignIn(_) => "chit sign-in",
            Self::SignOut => "chit sign-out",
            Self::Pin => "chit pin",
            Self::Staff(_) => "chit staff",
            Self::Device(_) => "chit device",
            Self::Status => "chit status",
            Self::Enrol(_) => "chit enrol",
            Self::Payer(_) => "chit payer",
            Self::Account(_) => "chit account",
            Self::Sale(_) => "chit sale",
            Self::Scanner(_) => "chit scanner",
            Self::Sms(_) => "chit sms",
            Self::Printer(_) => "chit printer",
            Self::ReportHardware { .. } => "chit report-hardware",
            Self::Deduct(_) => "chit deduct",
            Self::Settle(_) => "chit settle",
            Self::BadRecords(_) => "chit bad-records",
            Self::Shift(_) => "chit shift",
            Self::Clock(_) => "chit clock",
            Self::Dispute(_) => "chit dispute",
            Self::Camera(_) => "chit camera",
            Self::Evidence(_) => "chit evidence",
            Self::Ledger(_) => "chit ledger",
            Self::Backup(_) => "chit backup",
            Self::Restore(_) => "chit restore",
            Self::Keys(_) => "chit keys",
            Self::Issuer(_) => "chit issuer",
            Self::Pki(_) => "chit pki",
            Self::Sandbox(_) => "chit sandbox",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent_and_every_command_explains_itself() {
        let mut cli = Cli::command();
        cli.clone().debug_assert();
        let help = cli.render_help().to_string();
        for name in [
            "init",
            "doctor",
            "sign-in",
            "sign-out",
            "pin",
            "staff",
            "device",
            "status",
            "enrol",
            "payer",
            "sale",
            "scanner",
            "printer",
            "sms",
            "deduct",
            "settle",
            "bad-records",
            "shift",
            "clock",
            "dispute",
            "camera",
            "evidence",
            "ledger",
            "backup",
            "restore",
            "keys",
            "issuer",
            "pki",
            "sandbox",
        ] {
            assert!(help.contains(&format!("\n  {name}")), "{name} is missing in:\n{help}");
        }
        assert!(help.contains("64 wrong use or configuration"));
        fn explained(command: &clap::Command) {
            for sub in command.get_subcommands() {
                assert!(sub.get_about().is_some(), "{} does not explain itself", sub.get_name());
                explained(sub);
            }
        }
        explained(&cli);
    }

    #[test]
    fn a_pin_cannot_be_given_as_an_argument() {
        let parsed = Cli::try_parse_from([
            "chit",
            "sale",
            "override-evidence",
            "S",
            "--approver",
            "wang",
            "--pin",
            "1",
        ]);
        assert_eq!(parsed.unwrap_err().kind(), clap::error::ErrorKind::UnknownArgument);
    }

    #[test]
    fn a_sale_needs_a_basket_and_its_subcommands_do_not() {
        assert!(Cli::try_parse_from(["chit", "sale"]).is_err());
        assert!(Cli::try_parse_from(["chit", "sale", "--release"]).is_err(), "no basket");
        let line = "6901234567892|Tea|1|350";
        let sale = Cli::try_parse_from(["chit", "--json", "sale", "--line", line, "--scan-camera"]);
        let Command::Sale(sale) = sale.unwrap().command else { panic!("another command") };
        assert!(sale.sells(), "{sale:?}");
        assert!(Cli::try_parse_from(["chit", "sale", "show", "01J"]).is_ok());
        assert!(Cli::try_parse_from(["chit", "sale", "release", "01J", "--request-id", "r1"]).is_ok());
    }
}

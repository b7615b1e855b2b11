//! What other people's programs may call over TCP, by the role of their certificate: asked before a message is read.

use super::access::{self, ClientRole, Table};
use super::{
    bank, deduction, device, dispute, enquiry, events, house_account, payer, payer_data, sale, sandbox,
    settlement, shop, staff,
};

/// Health and reflection are for everybody whom the CA knows.
const PLUMBING: [&str; 2] = ["grpc.health.v1.", "grpc.reflection.v1."];
const PACKAGE: &str = "chit.checkout.v1.";

/// Every service of checkout with its calls.
pub const SERVICES: [(&str, Table); 14] = [
    ("SaleService", sale::CALLS),
    ("PayerService", payer::CALLS),
    ("PayerDataService", payer_data::CALLS),
    ("DeductionService", deduction::CALLS),
    ("SettlementService", settlement::CALLS),
    ("BankService", bank::CALLS),
    ("HouseAccountService", house_account::CALLS),
    ("DisputeService", dispute::CALLS),
    ("EnquiryService", enquiry::CALLS),
    ("EventService", events::CALLS),
    ("ShopService", shop::CALLS),
    ("StaffService", staff::CALLS),
    ("DeviceService", device::CALLS),
    ("SandboxService", sandbox::CALLS),
];

/// `method` is the full name, e.g. `chit.checkout.v1.SaleService/CommitSale`.
pub fn may(role: &str, method: &str) -> bool {
    let Some(role) = ClientRole::named(role) else { return false };
    if PLUMBING.iter().any(|package| method.starts_with(package)) {
        return true;
    }
    let Some((service, call)) = method.strip_prefix(PACKAGE).and_then(|call| call.split_once('/')) else {
        return false;
    };
    let Some((_, table)) = SERVICES.iter().find(|(name, _)| *name == service) else { return false };
    access::of(table, call).is_some_and(|access| access.admits_client(role))
}

#[cfg(test)]
mod tests {
    use super::may;

    #[test]
    fn another_pos_sells_and_does_not_do_the_back_office() {
        for call in ["SaleService/CommitSale", "EventService/WatchEvents", "ShopService/GetStatus"] {
            assert!(may("pos", &format!("chit.checkout.v1.{call}")), "{call}");
        }
        for call in [
            "SandboxService/AdvanceClock",
            "PayerService/EnrolPayer",
            "PayerDataService/ExportPayer",
            "SettlementService/RunSettlement",
            "BankService/ImportBankFile",
            "BankService/GetMandate",
            "DeductionService/RunDeductions",
            "DisputeService/ResolveDispute",
            "EnquiryService/LookUpSale",
            "ShopService/CloseShift",
            "ShopService/GetZReport",
            "StaffService/SignIn",
            "DeviceService/PairDevice",
        ] {
            assert!(!may("pos", &format!("chit.checkout.v1.{call}")), "{call}");
        }
    }

    #[test]
    fn a_viewer_changes_nothing_and_an_unknown_role_may_nothing() {
        assert!(may("viewer", "chit.checkout.v1.SaleService/GetSale"));
        assert!(!may("viewer", "chit.checkout.v1.SaleService/CommitSale"));
        assert!(!may("viewer", "chit.checkout.v1.EnquiryService/LookUpSale"));
        assert!(!may("viewer", "chit.checkout.v1.PayerService/GetPayer"));
        assert!(!may("owner", "chit.checkout.v1.SaleService/GetSale"));
        assert!(!may("pos", "chit.ledger.v1.LedgerService/GetTrialBalance"));
        assert!(!may("pos", "chit.checkout.v1.SaleService"));
    }

    #[test]
    fn health_and_reflection_are_for_both_roles() {
        for method in
            ["grpc.health.v1.Health/Check", "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"]
        {
            assert!(may("pos", method) && may("viewer", method) && !may("stranger", method));
        }
    }
}

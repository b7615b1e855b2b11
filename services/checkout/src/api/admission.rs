//! What other people's programs may call over TCP, by the role of their certificate.

/// Another POS sells: whole services.
const POS_SERVICES: [&str; 4] = ["SaleService", "EventService", "EnquiryService", "ShopService"];
/// A viewer reads what is going on, and changes nothing: single calls.
const VIEWER_CALLS: [&str; 5] = [
    "SaleService/GetSale",
    "SaleService/ListSales",
    "EventService/WatchEvents",
    "ShopService/GetStatus",
    "ShopService/GetZReport",
];
/// Health and reflection are for everybody whom the CA knows.
const PLUMBING: [&str; 2] = ["grpc.health.v1.", "grpc.reflection.v1."];
const PACKAGE: &str = "chit.checkout.v1.";

/// `method` is the full name, e.g. `chit.checkout.v1.SaleService/CommitSale`. What is not named here stays inside the
/// shop: enrolment, deductions, settlement, disputes, the sandbox.
pub fn may(role: &str, method: &str) -> bool {
    if PLUMBING.iter().any(|package| method.starts_with(package)) {
        return matches!(role, "pos" | "viewer");
    }
    let Some(call) = method.strip_prefix(PACKAGE) else { return false };
    match (role, call.split_once('/')) {
        ("pos", Some((service, _))) => POS_SERVICES.contains(&service),
        ("viewer", Some(_)) => VIEWER_CALLS.contains(&call),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::may;

    #[test]
    fn another_pos_sells_and_does_not_do_the_back_office() {
        for call in ["SaleService/CommitSale", "EventService/WatchEvents", "EnquiryService/LookUpSale"] {
            assert!(may("pos", &format!("chit.checkout.v1.{call}")), "{call}");
        }
        for call in [
            "SandboxService/AdvanceClock",
            "PayerService/EnrolPayer",
            "SettlementService/RunSettlement",
            "DeductionService/RunDeductions",
            "DisputeService/ResolveDispute",
        ] {
            assert!(!may("pos", &format!("chit.checkout.v1.{call}")), "{call}");
        }
    }

    #[test]
    fn a_viewer_changes_nothing_and_an_unknown_role_may_nothing() {
        assert!(may("viewer", "chit.checkout.v1.SaleService/GetSale"));
        assert!(!may("viewer", "chit.checkout.v1.SaleService/CommitSale"));
        assert!(
            !may("viewer", "chit.checkout.v1.EnquiryService/LookUpSale"),
            "a look-up is logged as a change"
        );
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

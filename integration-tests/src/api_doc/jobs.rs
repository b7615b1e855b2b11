//! What the page opens with: where things are, and the order of calls for each job.

use std::fmt::Write as _;

/// One sequence a job; a test holds every call that is named against the interfaces.
pub const JOBS: &str = "
## Sell

`integration-tests/clients/python/sell.py` and `node/sell.js` are these calls in 40 lines.

1. `SaleService/StartSale`: a DRAFT with its `sale_id`. Who sells is the certificate's name, or the person whose session comes with
   the call.
2. `SaleService/SetBasket` with all lines and the total, again whenever they change. `unprintable` names letters that the receipt
   would show as a box.
3. `SaleService/PresentPayer` with what the payer's QR code says, or `SaleService/ScanPayer` to read it with the shop's camera:
   PAYER_OK, and `risk_result`.
4. `SaleService/ConfirmPerson`: whether the cashier sees the person of the enrolment photo.
5. `SaleService/CommitSale`. On APPROVAL_REQUIRED send it once more, with another `request_id` and a supervisor's `approval`.
   From here on the sale stands: its amount is reserved, receipt and recording have begun.
6. `EventService/WatchEvents` of this sale, until its `attention` has RELEASE: the receipt is out. PRINT_BLOCKED: mend the printer.
   PRINT_UNKNOWN: look at the paper, then `SaleService/ResolveReceipt`. EVIDENCE_MISSING: `SaleService/OverrideEvidence`.
7. `SaleService/ReleaseSale`: the payer leaves with goods and receipt. Asking by SMS, the answer and the settlement go on without
   you.

Until then `SaleService/VoidSale` takes it back; once the receipt is printed it needs an Approval and the ORIGINAL.

## Watch

1. `ShopService/GetStatus`: what waits for people now, and the `revision` up to which it says so.
2. `EventService/WatchEvents` with `after_revision` = that revision. Each event has the whole sale, payer, challenge, batch or
   dispute as it is after the change, and a `revision`; store that in one step with what you made of the event.
3. With `subject_id` = a `sale_id` only that sale's events come.

## Refund

A certificate does not do this: the shop's own staff does, in the till's pages, by `chit dispute`, or over the Unix socket with a
session (`StaffService/SignIn`).

1. `DisputeService/OpenDispute` with the sale and its cause: nothing is asked or deducted meanwhile.
2. `DisputeService/ResolveDispute` with `uphold` and the `approval` of a supervisor who did not sell it. What is settled is paid back
   by a transfer of its own, with a notice on paper; what is not settled yet is never deducted.
3. `EventService/WatchEvents`: the dispute is UPHELD.

## Reconnect

1. A call ends without an ErrorInfo (UNAVAILABLE, CANCELLED, UNKNOWN, a deadline of yours): nobody knows whether it happened. Send
   the same body with the same `request_id` until there is an answer; a restart of checkout takes less than half a second.
2. A stream ends, with whatever error or none: open `EventService/WatchEvents` again with the last `revision` that you stored.
   Nothing is lost or sent twice.
3. After a start of your own: `SaleService/ListSales` has the sales that you began; go on with the one that is not released, from the
   step that its `state` names.
";

/// The titles of a page as links, in their order.
pub fn contents(body: &str) -> String {
    let mut contents = String::from("\n## Contents\n\n");
    for title in body.lines().filter_map(|line| line.strip_prefix("## ")) {
        let _ = writeln!(contents, "- [{title}](#{})", anchor(title));
    }
    contents
}

/// As GitHub and others make it of a title.
fn anchor(title: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    title.to_lowercase().chars().filter(kept).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_linked_by_its_anchor() {
        let contents =
            contents("# Page\n## Sell\n\n### No\n## chit/checkout/v1/sale.proto\n## Error catalogue\n");
        let lines: Vec<_> = contents.lines().skip(3).collect();
        assert_eq!(
            lines,
            [
                "- [Sell](#sell)",
                "- [chit/checkout/v1/sale.proto](#chitcheckoutv1saleproto)",
                "- [Error catalogue](#error-catalogue)"
            ]
        );
    }

    #[test]
    fn every_call_of_a_job_is_in_the_interfaces() {
        use prost::Message as _;
        let set = prost_types::FileDescriptorSet::decode(chit_proto::FILE_DESCRIPTOR_SET).unwrap();
        let services = || set.file.iter().flat_map(|file| &file.service);
        let mut named = 0;
        for word in JOBS.split('`').skip(1).step_by(2) {
            let Some((service, call)) = word.split_once("Service/") else { continue };
            named += 1;
            let known = services().any(|known| {
                known.name() == format!("{service}Service")
                    && known.method.iter().any(|method| method.name() == call)
            });
            assert!(known, "{word}");
        }
        assert!(named > 10, "{named}");
    }
}

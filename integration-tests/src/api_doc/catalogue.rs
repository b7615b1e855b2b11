//! The error catalogue: the reasons that each interface names, with what they mean and what to do.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::ensure;

use super::interfaces::{File, Interfaces};

/// Reasons of one word; all others are recognised by their underscore.
const ONE_WORD: [&str; 3] = ["EXPIRED", "INTERNAL", "STOPPING"];

/// What a client of checkout may meet: reason, what happened, what to do.
const MEANINGS: &[(&str, &str, &str)] = &[
    ("AMOUNT_NEGATIVE", "an amount is negative", "send 0 or more; a refund is a dispute, not a sale"),
    (
        "ANSWER_BY_SMS",
        "a first row proves the phone together with the card",
        "let the payer answer the SMS, or change their phone (ChangePhone)",
    ),
    ("APPROVAL_REQUIRED", "this needs a second person", "send `approval` with a supervisor's name and PIN"),
    (
        "BANK_ACCOUNT_INVALID",
        "the check digits of an IBAN are wrong, or a BIC has not 8 or 11 characters",
        "read it again from the payer's card or statement",
    ),
    (
        "BANK_FILE_INVALID",
        "a file from the bank does not follow its schema, or is none",
        "see the line and the reason; get the file again from the bank",
    ),
    (
        "BANK_FILE_CHANGED",
        "the file would not be the one of then",
        "give [checkout.bank] and shop_name_en back what they said",
    ),
    ("BANK_FILE_TOO_LARGE", "a file from the bank has more than 512 MiB", "ask the bank for one a day"),
    ("BAD_SIGNATURE", "the payer's code is forged or damaged", "read it again; else do not sell"),
    ("BASKET_EMPTY", "there are no lines", "send at least one"),
    (
        "BASKET_CHANGED",
        "goods were scanned since the basket was read",
        "read the sale again, then send the whole basket",
    ),
    ("BASKET_INVALID", "a line cannot be", "see the field that is named"),
    ("BASKET_TOO_LARGE", "more than 200 lines", "make two sales"),
    ("BATCH_NOT_FOUND", "no such settlement batch", "check the id"),
    (
        "CARD_LOCKED",
        "the payer's code card is locked after wrong replies",
        "let them type one row here (AnswerInPerson), or give them a new card (ResetPayer)",
    ),
    ("CARD_LOST", "the payer's code card was reported lost", "give the payer a new card (ResetPayer)"),
    (
        "CARD_SERIAL_INVALID",
        "a card of an envelope was given where the shop prints its own, or none where an issuer makes them",
        "scan the 8 digits on a sealed envelope if `[checkout] verifier` is issuer, else send nothing",
    ),
    ("CARD_SERIAL_TAKEN", "the envelope's card is a payer's already", "take another envelope"),
    ("CAUSE_INVALID", "a dispute needs a cause", "send one of DisputeCause"),
    ("CERTIFICATE_WITHOUT_ROLE", "the client certificate names no role", "issue one with `chit pki issue`"),
    ("CHALLENGE_NOT_FOUND", "no such challenge", "check the id"),
    (
        "CHANGED_WITHIN_24_HOURS",
        "the payer's phone or card was changed within 24 hours",
        "take cash; the message says until when",
    ),
    ("CLOCK_UNUSABLE", "the till's clock is outside 2020-2199", "set the clock"),
    (
        "CODE_EXPIRES_SOON",
        "the payer's code ends within 14 days, and `[checkout.risk]` refuses that",
        "renew the code at the counter, or take cash",
    ),
    ("CONSENT_MISSING", "the payer did not consent", "there is no enrolment without consent"),
    ("CURRENCY_UNKNOWN", "not the shop's currency", "use the currency of the shop"),
    ("DAY_INVALID", "`day` is no day", "send it as 2026-11-24, or nothing for today"),
    ("DENY_LISTED", "the payer is on the shop's deny list", "do not sell on credit"),
    ("DISPUTE_CLOSED", "the dispute is resolved already", "look it up"),
    ("DISPUTE_NOT_FOUND", "no such dispute", "check the id"),
    ("DISPUTE_OPEN", "the sale has an open dispute", "resolve that one first"),
    ("DURATION_INVALID", "the duration is not between 0 and 3,660 days", "send another"),
    ("EMV_PAYER_CODE", "a bank's payer code was shown", "ask for the Chit payer code"),
    ("ENGINE_INVALID", "`engine` is too long", "send at most 32 characters"),
    ("EVIDENCE_MISSING", "photo or video is missing", "fix the camera, or OverrideEvidence with Approval"),
    (
        "EXCEPTION_CLOSED",
        "somebody closed the exception already",
        "see who, and why (ListExceptions with_closed)",
    ),
    ("EXCEPTION_NOT_FOUND", "no such exception", "check the id"),
    ("EXPIRED", "the payer's code has expired", "renew it at the counter"),
    ("FACE_DIFFERENT", "the cashier saw another person than on the photo", "do not sell on this code"),
    (
        "FACE_NOT_CONFIRMED",
        "nobody said \"same person\", and `[checkout.risk]` refuses that",
        "ConfirmPerson, then commit again",
    ),
    (
        "FOREIGN_TILL",
        "the payer was enrolled at another till, and `[checkout.risk]` refuses that",
        "take cash, or enrol the payer here",
    ),
    ("GOODS_UNKNOWN", "the catalogue does not know these goods", "type them in"),
    ("INTERNAL", "checkout cannot read or write its state", "see its log"),
    (
        "LANE_INVALID",
        "`lane` is no name",
        "1 to 32 characters of A-Z a-z 0-9 _ -, or nothing for the shop's till",
    ),
    ("LANGUAGE_INVALID", "not a language of Chit", "send zh-CN or en"),
    ("LEDGER_REFUSED", "the ledger refused the sale; nothing was printed", "see the message"),
    ("LEDGER_UNREACHABLE", "the ledger does not answer", "repeat the call with the same request_id"),
    ("LIMIT_INVALID", "`limit` is out of range", "send 1 to 50, or 0"),
    ("MANDATE_INVALID", "a mandate's day or its days of notice cannot be", "see the field that is named"),
    ("MANDATE_NOT_FOUND", "the payer gave no account", "let them sign, then SetMandate"),
    ("MERCHANT_CODE", "a merchant's code was shown", "ask for the Chit payer code"),
    (
        "NAME_INVALID",
        "the name is empty, too long or holds signs that no name has",
        "see the field that is named",
    ),
    ("NOT_A_PAYER_CODE", "what was read is no payer code", "ask for the Chit payer code"),
    ("NOT_A_SANDBOX", "the clock moves by hand in a sandbox only", "do not call this in a shop"),
    ("NOT_YET_VALID", "the payer's code is valid later", "check the till's clock"),
    (
        "NOTE_INVALID",
        "a note is empty, too long or holds control characters",
        "say in 1 to 200 characters what was done",
    ),
    (
        "NOTHING_TO_SETTLE",
        "no sale is VERIFIED, free of disputes and due",
        "wait for replies, or for the announced day",
    ),
    ("NO_BANK", "the shop has no bank", "set creditor_id and what goes with it in [checkout.bank]"),
    ("NO_CODE_SEEN", "the camera saw no code in time", "hold it closer, call again"),
    ("NO_OPEN_CHALLENGE", "the payer is not being asked", "RunDeductions first"),
    ("NO_PAYER", "the sale has no payer yet", "ScanPayer or PresentPayer"),
    ("NUMBER_INVALID", "not a telephone number", "send E.164, or as dialled in the shop's country"),
    ("NUMBER_TAKEN", "another payer has this number", "one phone, one payer"),
    ("NUMBER_UNCHANGED", "the payer has this number already", "send the new one"),
    (
        "OLDEST_UNVERIFIED_TOO_OLD",
        "the payer's oldest sale waits too long",
        "the payer must answer the SMS first",
    ),
    ("OVER_CREDIT", "more than was paid in to the account and not used", "give at most the account's credit"),
    ("OVER_DAY_LIMIT", "over what a payer may buy in a day", "sell otherwise; the code buys again tomorrow"),
    ("OVER_PAYER_LIMIT", "over what a payer may owe unverified", "supervisor's Approval"),
    ("OVER_SALE_LIMIT", "over the limit of one sale", "supervisor's Approval"),
    ("OVER_TILL_LIMIT", "over what may be unverified at this till", "sell otherwise until replies come"),
    ("OWN_PAYER", "whoever enrolled the payer may not approve this", "another member of staff must"),
    ("OWN_SALE", "somebody who had a hand in the sale may not approve it", "another member of staff must"),
    ("PAGE_SIZE_INVALID", "`page_size` is out of range", "send 1 to 1000, or 0 for 100"),
    (
        "PAGE_TOKEN_INVALID",
        "`page_token` is not one that a list gave",
        "send next_page_token of the page before, or nothing",
    ),
    ("PAYER_FROZEN", "the payer's code is frozen", "ResetPayer in person"),
    ("PAYER_NOT_ACTIVE", "the payer has not answered the first challenge", "wait for it"),
    ("PAYER_NOT_FOUND", "no such payer", "check the id"),
    (
        "PAYER_STILL_NEEDED",
        "something between the payer and the shop is open",
        "end what the message names, then erase",
    ),
    ("PEER_REFUSED", "this user of the machine may not call", "add the uid to allow_uids in [chit]"),
    ("PERSON_NOT_CONFIRMED", "the cashier has not answered \"same person?\"", "ConfirmPerson, or Approval"),
    ("PHOTO_UNAVAILABLE", "no photo could be taken", "fix the camera; enrolment needs a photo"),
    ("PIN_FORM", "a new PIN has the wrong length", "4 to 8 digits; a supervisor's or owner's 6 to 8"),
    ("PIN_LOCKED_OUT", "too many wrong PINs from the same origin", "wait as long as the message says"),
    ("PIN_MUST_CHANGE", "the PIN is a one-time PIN", "its person signs in and calls ChangePin first"),
    ("PIN_UNCHANGED", "the new PIN is the old one", "choose another"),
    ("PIN_WRONG", "the PIN is wrong", "type it again; a few are allowed"),
    ("QUERY_TOO_LONG", "the search text is too long", "send at most 64 characters"),
    ("QUEUE_FULL", "too much waits for other services", "see why they do not answer, then call again"),
    ("RECEIPT_NOT_IN_DOUBT", "checkout knows how the receipt came out", "nothing"),
    ("RECEIPT_NOT_PRINTED", "the receipt is not on paper yet", "wait for attention RELEASE"),
    ("REQUEST_ID_INVALID", "`request_id` is missing or malformed", "1 to 64 characters of A-Z a-z 0-9 _ -"),
    ("REQUEST_ID_REUSED", "another body was sent under this request_id", "a new request needs a new id"),
    ("ROLE_INVALID", "no such role, or not for this", "see the field that is named"),
    ("ROLE_TOO_LOW", "this person, or this certificate, may not do that", "ask a person who may"),
    ("ROW_CODE_WRONG", "the row code is wrong", "read the row that is asked for"),
    ("SALE_NOT_FOUND", "no such sale", "check the ULID or the receipt number"),
    ("SAME_PERSON", "both approvals are of one person", "two different people must approve"),
    (
        "SECOND_APPROVAL_REQUIRED",
        "a change of phone or card takes two people",
        "send `second_approval` of another member of staff",
    ),
    ("SERIAL_OLD", "the payer has a newer code", "ask for that one"),
    ("SERVICE_STOPPING", "the service restarts", "call again with the same request_id"),
    ("SERVICE_UNREACHABLE", "another service does not answer", "call again with the same request_id"),
    ("SHIFT_NOT_FOUND", "no such shift", "check the number; shifts count from 1"),
    ("STAFF_EXISTS", "somebody has or had this name", "take another"),
    (
        "STATEMENT_LINE_INVALID",
        "a marked line of a paper statement, or the paper's name, cannot be",
        "see the field that is named",
    ),
    ("STAFF_UNKNOWN", "nobody of this name works here", "see ListStaff"),
    ("STORED_PIN_UNREADABLE", "a stored PIN is damaged", "give that person a new PIN"),
    ("TIMEOUT_INVALID", "`timeout_ms` is out of range", "send 100 to 30,000, or 0"),
    (
        "TIME_IN_DOUBT",
        "the machine's clock may be wrong, and `[checkout.risk]` refuses that",
        "look at another clock, then ConfirmTime",
    ),
    ("TOO_MANY_UNVERIFIED", "the payer has too many unverified sales", "supervisor's Approval"),
    ("TOTAL_MISMATCH", "lines and total do not add up", "the remedy names the right sum"),
    ("UNKNOWN_CURRENCY", "the payer's code is in a currency that this till does not know", "sell otherwise"),
    ("UNKNOWN_ISSUER", "the payer's code is of another shop", "enrol the payer here"),
    ("UNKNOWN_PAYER", "genuine, but this till does not know the payer", "enrol the payer here"),
    ("UNKNOWN_VERSION", "the payer's code is newer than this till", "update the till"),
    ("WALLET_CODE", "a wallet's payer code was shown", "ask for the Chit payer code"),
    ("DEVICE_EXISTS", "a device has this name", "revoke it first, or take another name"),
    ("DEVICE_UNKNOWN", "no paired device has this token or name", "pair it (PairDevice)"),
    (
        "JUDGEMENT_WAITS",
        "one person judges their own sale",
        "call again 24 hours after the dispute was opened",
    ),
    ("KIND_INVALID", "no such kind of device", "send one of DeviceKind"),
    ("LAST_OWNER", "the last owner cannot be disabled", "add another owner first"),
    ("NO_OWNER_RESET", "nobody asked for an owner's reset", "nothing"),
    ("SESSION_ENDED", "the session is over or was never opened", "SignIn again"),
    ("SIGN_IN_FIRST", "the call needs a person", "SignIn, then send metadata `chit-session`"),
    ("TOO_MANY_DEVICES", "32 devices are paired", "revoke one"),
    ("TOO_MANY_PEOPLE", "the shop knows 256 people, those who left included", "nothing can be done here"),
    ("SELF_APPROVED_ONLY", "one person alone cannot do this to a payer they sold to", "ask a second person"),
    ("WRONG_STATE", "the resource is in another state", "look it up, then decide"),
];

/// The names of reasons in a text.
pub fn reasons_in(text: &str) -> BTreeSet<String> {
    let name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.split(|c: char| !(name(c) || c.is_ascii_lowercase()))
        .filter(|word| word.chars().all(name) && (word.contains('_') || ONE_WORD.contains(word)))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(str::to_owned)
        .collect()
}

fn reasons_of(file: &File) -> BTreeSet<String> {
    file.introduction().split_once("Errors carry").map_or_else(BTreeSet::new, |(_, list)| reasons_in(list))
}

pub fn write(page: &mut String, interfaces: &Interfaces) -> anyhow::Result<()> {
    let is_checkout = |file: &&File| file.package().starts_with("chit.checkout.");
    let named: BTreeSet<String> = interfaces.files().filter(is_checkout).flat_map(reasons_of).collect();
    let explained: BTreeSet<String> = MEANINGS.iter().map(|(reason, ..)| (*reason).to_owned()).collect();
    ensure!(
        named == explained,
        "catalogue.rs and checkout's protos differ in {:?}",
        named.symmetric_difference(&explained)
    );
    page.push_str("\n## Error catalogue\n\nOf checkout, and of everything that serves:\n\n| reason | what happened | what to do |\n|---|---|---|\n");
    for (reason, happened, remedy) in MEANINGS {
        writeln!(page, "| `{reason}` | {happened} | {remedy} |")?;
    }
    page.push_str("\nOf the services behind it, which other POS software does not call:\n\n| interface | reasons |\n|---|---|\n");
    for file in interfaces.files().filter(|file| !is_checkout(file) && file.has_services()) {
        let own: Vec<String> =
            reasons_of(file).difference(&explained).map(|reason| format!("`{reason}`")).collect();
        writeln!(page, "| {} | {} |", file.package(), own.join(", "))?;
    }
    page.push_str(
        "\nWhat no handler has seen (an unknown method, a body that is no message) has the name of its gRPC code as its \
         reason.\n",
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_from_words() {
        let text = "reasons. Input: SALE_NOT_FOUND, EXPIRED; a SIM over TCP is BLOCKED, see GetStatus (I_am no reason).";
        assert_eq!(reasons_in(text).into_iter().collect::<Vec<_>>(), ["EXPIRED", "SALE_NOT_FOUND"]);
    }
}

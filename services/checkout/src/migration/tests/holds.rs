//! Whatever the older program read in its store, today's reads too.

use std::collections::BTreeMap;

use chit_proto::checkout::v1::{StartSaleRequest, StartSaleResponse};
use prost::Message as _;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Shop, described, holds, see};
use crate::dispute::DisputeState;
use crate::payer::code_card::CardKey;
use crate::sale::EvidencePolicy;
use crate::sale::attention::{self, Around};
use crate::store::requests::{Body, Caller, RequestKey};
use crate::store::{Store, View};
use crate::values::ids::{BatchId, ChallengeId, DisputeId, MessageId, PayerId, SaleId};
use crate::values::name::Named;
use crate::values::refusal::Result;

fn imported() -> (Shop, Store, Value) {
    let shop = Shop::of_schema_2();
    let store = shop.open().unwrap();
    (shop, store, holds())
}

fn list<'a>(holds: &'a Value, name: &str) -> &'a [Value] {
    let list = holds[name].as_array().unwrap();
    assert!(!list.is_empty());
    list
}

fn id<T: std::str::FromStr>(value: &Value) -> T {
    value.as_str().and_then(|text| text.parse().ok()).unwrap()
}

fn assert_same(expected: &Value, found: &Value, of: &str) {
    let (expected, found) = (described::told(expected), described::told(found));
    assert_eq!(expected, found, "{of}");
}

#[test]
fn every_sale_is_what_it_was() {
    let (_shop, store, holds) = imported();
    for known in list(&holds, "sales") {
        let id: SaleId = id(&known["sale_id"]);
        let found = see(&store, |view| described::sale(view, &view.sale(id)?));
        let mut expected = known.clone();
        described::forget_of_a_sale(&mut expected);
        let why = known["why"].as_str().unwrap();
        if known["state"] == "SUBMITTED" {
            // Its batch is tried once more, and says for each sale whether the ledger refuses it.
            expected.as_object_mut().unwrap().remove("far_refusal");
        }
        assert_same(&expected, &found, why);
        let number = known["receipt_no"].as_str().map(str::to_owned);
        let code = known["receipt"]["lookup_code"].as_str().map(str::to_owned);
        for reference in [number, code].into_iter().flatten() {
            assert_eq!(see(&store, |view| view.sale_by_reference(&reference)), id, "{why}: {reference}");
        }
    }
    assert_eq!(
        see(&store, |view| view.sales_before(None, None, usize::MAX)).len(),
        list(&holds, "sales").len()
    );
}

#[test]
fn whatever_needed_a_person_still_does() {
    let (_shop, store, holds) = imported();
    for known in list(&holds, "sales") {
        let sale = see(&store, |view| view.sale(id(&known["sale_id"])));
        let deduction = see(&store, |view| view.find_deduction(sale.id));
        let payer = sale.presented().map(|shown| see(&store, |view| view.payer(shown.payer)));
        let refused = see(&store, |view| view.refusal_of(sale.id)).is_some();
        let disputes = deduction.iter().flat_map(|deduction| &deduction.disputes);
        let disputed = disputes
            .map(|id| see(&store, |view| view.dispute(*id)))
            .any(|dispute| dispute.state == DisputeState::Open);
        let around = Around { deduction: deduction.as_ref(), payer: payer.as_ref(), refused, disputed };
        let found = attention::of(&sale, around, EvidencePolicy::default());
        let names: Vec<String> = found
            .iter()
            .map(|item| format!("{item:?}"))
            .map(|item| {
                chit_proto::checkout::v1::Attention::from_str_name(&upper(&item))
                    .unwrap()
                    .as_str_name()
                    .into()
            })
            .collect();
        for item in known["attention"].as_array().into_iter().flatten() {
            let tried_again = known["state"] == "SUBMITTED" && item == "ATTENTION_STUCK";
            assert!(tried_again || names.iter().any(|name| item == name), "{}: {item}", known["why"]);
        }
        if !names.is_empty() && known["attention"].is_array() && known["state"] != "SUBMITTED" {
            let need = see(&store, |view| view.sales_in_need(usize::MAX / 2));
            assert!(need.contains(&sale.id), "{}", known["why"]);
        }
    }
}

fn upper(name: &str) -> String {
    let mut upper = "ATTENTION".to_owned();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            upper.push('_');
        }
        upper.push(letter.to_ascii_uppercase());
    }
    upper
}

#[test]
fn every_payer_is_what_they_were_and_is_found_by_number_and_card() {
    let (_shop, store, holds) = imported();
    for known in list(&holds, "payers") {
        let id: PayerId = id(&known["payer_id"]);
        let payer = see(&store, |view| view.payer(id));
        let mut expected = known.clone();
        for name in ["why", "code"] {
            expected.as_object_mut().unwrap().remove(name);
        }
        let found = see(&store, |view| described::payer(view, &payer));
        assert_same(&expected, &found, known["why"].as_str().unwrap());
        assert_eq!(see(&store, |view| view.payers_by_phone(payer.phone.as_ref().unwrap())), [id]);
        assert_eq!(see(&store, |view| view.payer_by_card(payer.card.serial)), Some(id));
    }
    assert_eq!(see(&store, |view| view.payers_after(None, usize::MAX)).len(), list(&holds, "payers").len());
}

#[test]
fn every_challenge_is_answered_by_the_code_that_answered_it() {
    let (_shop, store, holds) = imported();
    let master: [u8; 32] =
        std::fs::read(format!("{}/keys/card-master.key", super::STORES)).unwrap().try_into().unwrap();
    for known in list(&holds, "challenges") {
        let challenge = see(&store, |view| view.challenge(id::<ChallengeId>(&known["challenge_id"])));
        let sales: Vec<String> = challenge.asks.sales().iter().map(ToString::to_string).collect();
        let found = json!({
            "challenge_id": challenge.id.to_string(),
            "payer_id": challenge.payer.to_string(),
            "sale_ids": sales,
            "state": challenge.state.name(),
            "round": challenge.round,
            "row": challenge.row.get(),
            "message_id": challenge.message.to_string(),
            "wrong_replies": challenge.wrong_tries,
            "delivered": challenge.delivered,
            "reminded": challenge.reminded,
            "submit_ms": challenge.submitted_at.map(|at| at.as_millisecond()),
            "expire_ms": challenge.ends_heard_ms,
            "message": see(&store, |view| view.message(challenge.message)).is_some(),
        });
        let mut expected = known.clone();
        let fields = expected.as_object_mut().unwrap();
        let code = fields.remove("right_code");
        let paused = fields.remove("paused_ms").and_then(|paused| paused.as_i64()).unwrap_or_default();
        match fields.get("expire_ms").and_then(Value::as_i64) {
            Some(expire) if fields.contains_key("submit_ms") => {
                fields.insert("expire_ms".into(), json!(expire + paused));
            }
            // Its hours begin when it is submitted.
            _ => drop(fields.remove("expire_ms")),
        }
        assert_same(&expected, &found, &challenge.id.to_string());
        let payer = see(&store, |view| view.payer(challenge.payer));
        let key = CardKey::derive(&master, payer.id.0, payer.card.serial);
        let right = key.row_code(challenge.row);
        assert_eq!(code.unwrap(), right.reveal());
    }
}

#[test]
fn every_proof_in_a_text_is_that_of_its_challenge() {
    let (_shop, store, holds) = imported();
    let mut proofs = 0;
    for known in list(&holds, "challenges").iter().filter(|known| known["sale_ids"].is_array()) {
        let challenge = see(&store, |view| view.challenge(id::<ChallengeId>(&known["challenge_id"])));
        let Some(message) = see(&store, |view| view.message(challenge.message)) else { continue };
        let proof = crate::values::short_code::proof(
            &challenge.evidence_sha256,
            crate::values::short_code::ProofLength::Eight,
        );
        assert!(message.text.as_str().contains(&proof), "{}", challenge.id);
        proofs += 1;
    }
    assert!(proofs > 20);
}

#[test]
fn disputes_and_batches_are_what_they_were() {
    let (_shop, store, holds) = imported();
    for known in list(&holds, "disputes") {
        let dispute = see(&store, |view| view.dispute(id::<DisputeId>(&known["dispute_id"])));
        let found = json!({
            "dispute_id": dispute.id.to_string(),
            "sale_id": dispute.sale.to_string(),
            "state": dispute.state.name(),
            "cause": described::name(dispute.cause),
            "opened_by": dispute.opened_by,
            "create_ms": dispute.opened_at.as_millisecond(),
            "resolved_by": dispute.resolved_by,
            "resolve_ms": dispute.resolved_at.map(|at| at.as_millisecond()),
        });
        assert_same(known, &found, "dispute");
    }
    for known in list(&holds, "batches") {
        let batch = see(&store, |view| view.batch(id::<BatchId>(&known["batch_id"])));
        let found = json!({
            "batch_id": batch.id.to_string(),
            "state": batch.state.name(),
            "rail": batch.rail,
            "sale_ids": batch.sales.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "total_minor": batch.total_minor,
            "create_ms": batch.created_at.as_millisecond(),
            "actor": batch.actor,
        });
        assert_same(known, &found, "batch");
    }
}

#[test]
fn what_waits_for_other_services_waits_in_its_order_under_its_ids() {
    let (_shop, store, holds) = imported();
    let renamed: BTreeMap<&str, &str> = BTreeMap::from([
        ("COMMIT_IN_LEDGER", "RESERVE"),
        ("VOID_TRANSFER", "VOID_PENDING"),
        ("REFUND", "POST_REFUND"),
        ("POST_OTHER_PAYMENT", "POST_PAYMENT"),
        ("POST_RECOVERED", "POST_RECOVERY"),
        ("ENROL", "PRINT_ENROLMENT"),
        ("REPRINT", "PRINT_COPY"),
    ]);
    let entries = see(&store, |view| view.outbox_after(0, usize::MAX));
    let known = list(&holds, "outbox");
    assert_eq!(entries.len(), known.len());
    for ((entry, effect), known) in entries.iter().zip(known) {
        let kind = known["kind"].as_str().unwrap();
        assert_eq!(effect.name(), *renamed.get(kind).unwrap_or(&kind));
        assert_eq!(json!(entry), known["entry"]);
        // Its ids, whichever it has.
        let shown = format!("{effect:?}");
        for field in ["subject_id", "far_id"] {
            if let Some(id) = known[field].as_str() {
                assert!(shown.contains(id), "{shown} without {id}");
            }
        }
        see(&store, |view| sends(view, effect));
    }
}

/// What it sends is there.
fn sends(view: &View, effect: &crate::outbox::Effect) -> Result<()> {
    use crate::outbox::Effect;
    match effect {
        Effect::RecordFact { fact, about } => {
            let fact = view.fact(*fact)?;
            // A challenge's fact names its first sale, or for an enrolment itself.
            let sale = match fact.subject.parse::<SaleId>() {
                Ok(id) => view.find_sale(id)?.map(|sale| sale.id),
                Err(_a_payer) => None,
            };
            assert_eq!(about.first(), sale.as_ref(), "the sales that wait for it");
        }
        Effect::SendMessage { message } => assert!(view.message(*message)?.is_some()),
        Effect::PostPayment { sale, payment } | Effect::PostRecovery { sale, payment } => {
            assert!(view.deduction(*sale)?.payments.iter().any(|known| known.id == *payment));
        }
        Effect::PostRefund { sale, refund } => {
            assert!(view.deduction(*sale)?.refunds.iter().any(|known| known.id == *refund));
        }
        _ => {}
    }
    Ok(())
}

#[test]
fn a_repeated_request_gets_its_first_answer_whoever_repeats_it() {
    let (_shop, store, holds) = imported();
    for known in list(&holds, "sales") {
        let request_id = known["start_request_id"].as_str().unwrap();
        let key = RequestKey::new(&Caller("uid:1000".into()), request_id);
        // The interface named the cashier in field 2 then.
        let body = |cashier: &str| {
            let mut bytes =
                StartSaleRequest { request_id: request_id.into(), ..Default::default() }.encode_to_vec();
            prost::encoding::string::encode(2, &cashier.to_owned(), &mut bytes);
            Body { name: "StartSaleRequest", bytes }
        };
        let answer: Option<StartSaleResponse> = see(&store, |view| view.remembered(&key, &body("li")));
        assert_eq!(answer.unwrap().sale.unwrap().sale_id, known["sale_id"].as_str().unwrap());
        let reused = store.read_blocking(|view| view.remembered::<StartSaleResponse>(&key, &body("wang")));
        assert_eq!(reused.unwrap_err().reason, "REQUEST_ID_REUSED");
    }
}

#[test]
fn wrong_pins_cursors_and_sums_are_what_they_were() {
    let (_shop, store, holds) = imported();
    for (name, known) in holds["wrong_pins"].as_object().unwrap() {
        let lockout = see(&store, |view| view.pin_lockout(name, &crate::staff::origin::Origin::shared()));
        let until = lockout.locked_until.map(|at| at.to_string());
        assert_same(known, &json!({ "wrong": lockout.wrong, "locked_until": until }), name);
    }
    for (name, known) in holds["cursors"].as_object().unwrap() {
        assert_eq!(json!(see(&store, |view| view.counter(name))), *known, "{name}");
    }
    let report = see(&store, |view| crate::shift::of_shift(view, &Default::default(), None));
    let sums = report.sums;
    let found = json!({
        "gross_minor": sums.gross_minor,
        "settled_minor": sums.settled_minor,
        "open_minor": sums.open_minor,
        "bad_minor": sums.bad_minor,
        "written_off_minor": sums.written_off_minor,
        "paid_otherwise_minor": sums.paid_otherwise_minor,
        "void_minor": sums.void_minor,
        "refunds_minor": sums.refunds_minor,
        "net_minor": report.net_minor(),
        "sales": sums.sales,
        "receipt_numbers_gapless": report.gapless,
    });
    assert_same(&holds["z_report"], &found, "all days");
}

#[test]
fn the_history_goes_on_in_one_chain_over_the_import() {
    let (_shop, store, holds) = imported();
    let (count, newest) = (holds["events"]["count"].as_u64().unwrap(), &holds["events"]);
    let of_before = see(&store, |view| view.events_after(0, usize::MAX));
    assert_eq!(of_before.len() as u64, count, "an import is no change");
    let last = of_before.last().unwrap();
    assert_eq!(hex::encode(last.previous_hash), newest["newest_previous_hash"].as_str().unwrap());
    assert_eq!(last.event.subject, id::<SaleId>(&newest["newest_subject"]).to_bytes());
    assert!(of_before.iter().all(|recorded| !recorded.event.actor.is_empty() && recorded.event.time_ms > 0));
    let payer: PayerId = id(&holds["payers"][0]["payer_id"]);
    store
        .write_blocking(move |tx| {
            let mut payer = tx.payer(payer)?;
            payer.freeze();
            tx.put_payer("wang", &payer)
        })
        .unwrap();
    let after = see(&store, |view| view.events_after(count, usize::MAX));
    let [recorded] = after.as_slice() else { panic!("one change") };
    assert_eq!(recorded.previous_hash[..], last.event.hash[..]);
    let mut unhashed = recorded.event.clone();
    unhashed.hash.clear();
    let hash = Sha256::new().chain_update(&last.event.hash).chain_update(unhashed.encode_to_vec()).finalize();
    assert_eq!(recorded.event.hash, hash[..]);
}

#[test]
fn a_message_says_what_it_said() {
    let (_shop, store, holds) = imported();
    let challenge = list(&holds, "challenges").iter().rfind(|known| known["message"] == true).unwrap();
    let message = see(&store, |view| view.message(id::<MessageId>(&challenge["message_id"]))).unwrap();
    let payer = see(&store, |view| view.payer(message.payer));
    assert_eq!(message.to.reveal(), payer.phone.as_ref().unwrap().reveal());
    assert!(!message.text.as_str().is_empty());
}

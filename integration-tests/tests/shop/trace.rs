//! One sale is one trace over all services.

use std::collections::{BTreeMap, BTreeSet};

use chit_integration_tests::desk::new_id;
use chit_integration_tests::house::SERVICES;
use chit_proto::checkout::v1::{SaleState, ScanPayerRequest, StartSaleRequest};
use serde_json::json;

use crate::open_shop::{AMOUNT_MINOR, Shop, options};
use crate::rotel::Rotel;

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_sale_is_one_trace_across_the_six_services() {
    let dir = tempfile::tempdir().unwrap();
    let rotel = Rotel::start(dir.path());
    let mut options = options();
    options.otlp_endpoint = Some(rotel.endpoint.clone());
    let mut shop = Shop::open_with(&options).await;

    let sale = in_trace(StartSaleRequest { request_id: new_id(), ..Default::default() });
    let sale = shop.desk.sales.start_sale(sale).await.unwrap().into_inner().sale.unwrap();
    shop.desk.type_basket(&sale.sale_id, AMOUNT_MINOR).await.unwrap();
    let camera = &shop.house.simulators.camera;
    camera.ask(json!({ "cmd": "hold", "png": shop.code_png })).await.unwrap();
    let scan = ScanPayerRequest { request_id: new_id(), sale_id: sale.sale_id.clone(), timeout_ms: 0 };
    shop.desk.sales.scan_payer(in_trace(scan)).await.unwrap();
    let mut journal = shop.desk.journal(&sale.sale_id);
    shop.desk.confirm_person(&sale.sale_id).await.unwrap();
    shop.desk.commit(&sale.sale_id).await.unwrap();
    shop.see_through(&sale.sale_id, &mut journal, SaleState::Queued).await;
    shop.payer.pay().await.unwrap();
    journal.sale_is(SaleState::Verified).await.unwrap();
    shop.settle(&mut journal).await;
    // Spans leave a service in batches, the last when it stops.
    shop.house.stop().unwrap();

    let seen = services_by_trace(&rotel.printed());
    let expected: BTreeSet<String> = SERVICES.iter().map(|service| format!("chit-{service}")).collect();
    assert_eq!(seen.get(TRACE_ID), Some(&expected), "of all traces {seen:?}");
}

/// A request as another POS would send it, in a trace of its own.
fn in_trace<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let parent = format!("00-{TRACE_ID}-b7ad6b7169203331-01");
    request.metadata_mut().insert("traceparent", parent.parse().unwrap());
    request
}

/// rotel prints a resource's attributes, then its spans.
fn services_by_trace(printed: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut service = String::new();
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in printed.lines() {
        if let Some((_, value)) = line.split_once("service.name") {
            service = value
                .chars()
                .skip_while(|c| *c != 'c')
                .take_while(|c| c.is_ascii_lowercase() || *c == '-')
                .collect();
        }
        if let Some((_, value)) = line.split_once("Trace ID") {
            let id: String = value.chars().filter(char::is_ascii_hexdigit).collect();
            seen.entry(id).or_default().insert(service.clone());
        }
    }
    seen
}

//! Reflection and health, asked by a client written elsewhere: `buf curl`.

use std::collections::BTreeMap;

use chit_integration_tests::house::{House, SERVICES};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::open_shop::{open_house, options};
use crate::rotel::workspace_root;

/// Process → the gRPC services that its package defines.
fn offered() -> BTreeMap<&'static str, Vec<String>> {
    let all = FileDescriptorSet::decode(chit_proto::FILE_DESCRIPTOR_SET).unwrap();
    let of = |process: &'static str| {
        let package = format!("chit.{}.v1", process.replace('-', "_"));
        let files = all.file.iter().filter(|file| file.package() == package);
        let mut names: Vec<String> = files
            .flat_map(|file| &file.service)
            .map(|service| format!("{package}.{}", service.name()))
            .collect();
        names.sort_unstable();
        assert!(!names.is_empty(), "{package}");
        (process, names)
    };
    SERVICES.into_iter().map(of).collect()
}

#[tokio::test]
async fn reflection_lists_every_service_and_a_call_needs_no_proto_file() {
    let (house, _) = open_house(&options()).await;
    for (service, names) in offered() {
        let said = buf_curl(&house, service, &["--list-services", "http://localhost"]).await;
        let mut listed: Vec<&str> = said.lines().filter(|line| line.starts_with("chit.")).collect();
        listed.sort_unstable();
        assert_eq!(listed, names, "{service}");
        assert!(said.contains("grpc.health.v1.Health"), "{service}: {said}");
    }
    let status =
        buf_curl(&house, "checkout", &["http://localhost/chit.checkout.v1.ShopService/GetStatus"]).await;
    assert!(status.contains("\"sandbox\": true"), "{status}");
}

async fn buf_curl(house: &House, service: &str, args: &[&str]) -> String {
    let buf = workspace_root().join(".tools/bin/buf");
    assert!(buf.exists(), "{} is missing: ./deploy/setup installs it", buf.display());
    let mut command = tokio::process::Command::new(buf);
    command.args(["curl", "--protocol", "grpc", "--http2-prior-knowledge"]);
    command.arg("--unix-socket").arg(house.shared.socket_of(service)).args(args);
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{service}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn health_answers_for_each_service_and_for_the_process() {
    let (house, _) = open_house(&options()).await;
    for (service, names) in offered() {
        let channel = chit_runtime::channel(&house.shared, service);
        for name in names.into_iter().chain([String::new()]) {
            let request = HealthCheckRequest { service: name.clone() };
            let answer = HealthClient::new(channel.clone()).check(request).await.unwrap().into_inner();
            assert_eq!(answer.status(), ServingStatus::Serving, "{service}: {name:?}");
        }
    }
}

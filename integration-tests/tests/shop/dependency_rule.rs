//! The dependency rule between crates: a service leans on proto (its formats included), runtime, vault and pin only. `layers` has the
//! rule inside each.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

const SHARED: [&str; 4] = ["chit-proto", "chit-runtime", "chit-vault", "chit-pin"];
/// What a service's own tests may lean on besides.
const IN_TESTS: [&str; 1] = ["chit-failing-disk"];
/// What the runtime is made of; services see it through the runtime alone.
const PARTS_OF_RUNTIME: [&str; 3] = ["chit-admission", "chit-supervision", "chit-trouble"];

fn workspace() -> Metadata {
    MetadataCommand::new().no_deps().other_options(vec!["--offline".to_owned()]).exec().unwrap()
}

fn is_service(package: &Package) -> bool {
    package.manifest_path.as_str().contains("/services/")
}

/// The pure crates under proto/formats: part of the interfaces.
fn formats(workspace: &Metadata) -> BTreeSet<&str> {
    let of_proto = |package: &&Package| package.manifest_path.as_str().contains("/proto/formats/");
    workspace.packages.iter().filter(of_proto).map(|package| package.name.as_str()).collect()
}

fn of_this_workspace(package: &Package) -> BTreeSet<&str> {
    let linked = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Build);
    linked.map(|dependency| dependency.name.as_str()).filter(|name| name.starts_with("chit-")).collect()
}

#[test]
fn a_service_depends_on_proto_runtime_vault_and_pin_only() {
    let workspace = workspace();
    let services: Vec<&Package> = workspace.packages.iter().filter(|package| is_service(package)).collect();
    assert!(services.len() >= 10, "runtime and its parts, seven services and the command line");
    for service in services {
        let part = |name: &&str| service.name.as_str() == "chit-runtime" && PARTS_OF_RUNTIME.contains(name);
        let allowed = |name: &&str| SHARED.contains(name) || formats(&workspace).contains(name) || part(name);
        let mut others = of_this_workspace(service);
        others.retain(|name| !allowed(name));
        for known in service.dependencies.iter().filter(|known| known.kind == DependencyKind::Development) {
            if IN_TESTS.contains(&known.name.as_str()) {
                others.remove(known.name.as_str());
            }
        }
        assert!(others.is_empty(), "{} depends on {others:?}", service.name);
    }
}

#[test]
fn the_integration_tests_link_no_service() {
    let workspace = workspace();
    let services: BTreeSet<&str> = workspace
        .packages
        .iter()
        .filter(|package| is_service(package) && !SHARED.contains(&package.name.as_str()))
        .map(|package| package.name.as_str())
        .collect();
    let tests =
        workspace.packages.iter().find(|package| package.name.as_str() == "chit-integration-tests").unwrap();
    let linked = of_this_workspace(tests);
    assert!(linked.is_disjoint(&services), "{linked:?}");
}

//! DESIGN.md's dependency rule: a service leans on proto and runtime only, the domain on nothing of the outside world.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

const SHARED: [&str; 3] = ["chit-proto", "chit-runtime", "chit-evidence"];
/// What a domain module may not know.
const OUTSIDE_WORLD: [&str; 3] = ["tonic", "tokio", "redb"];

fn workspace() -> Metadata {
    MetadataCommand::new().no_deps().other_options(vec!["--offline".to_owned()]).exec().unwrap()
}

fn is_service(package: &Package) -> bool {
    package.manifest_path.as_str().contains("/services/")
}

fn of_this_workspace(package: &Package) -> BTreeSet<&str> {
    let linked = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Build);
    linked.map(|dependency| dependency.name.as_str()).filter(|name| name.starts_with("chit-")).collect()
}

#[test]
fn a_service_depends_on_proto_and_runtime_only() {
    let workspace = workspace();
    let services: Vec<&Package> = workspace.packages.iter().filter(|package| is_service(package)).collect();
    assert!(services.len() >= 8, "runtime, six services and the command line");
    for service in services {
        let others: Vec<_> =
            of_this_workspace(service).into_iter().filter(|name| !SHARED.contains(name)).collect();
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

#[test]
fn the_domain_knows_neither_wire_nor_runtime_nor_store() {
    let workspace = workspace();
    let mut seen = 0;
    for service in workspace.packages.iter().filter(|package| is_service(package)) {
        let domain = service.manifest_path.as_std_path().with_file_name("src").join("domain");
        for file in rust_files(&domain) {
            seen += 1;
            let text = fs::read_to_string(&file).unwrap();
            for name in OUTSIDE_WORLD {
                let used = text.lines().any(|line| uses(line, name));
                assert!(!used, "{} uses {name}: the domain is pure", file.display());
            }
        }
    }
    assert!(seen > 20, "only {seen} domain files were found");
}

/// `use tonic::…` or a path `tonic::…`, outside comments.
fn uses(line: &str, name: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices(&format!("{name}::")).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    entries
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { rust_files(&path) } else { vec![path] }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

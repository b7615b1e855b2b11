//! The reader of sources is itself tried on a small crate, so that a silent reader does not pass for clean services.

use std::collections::BTreeSet;
use std::fs;

use super::graph::{Graph, circles};
use super::{lies_in, said};

/// A crate of these files: name and text.
fn graph(files: &[(&str, &str)]) -> Graph {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let crates = ["std", "redb", "prost"].map(str::to_owned).into();
    Graph::of(&dir.path().join("lib.rs"), &crates)
}

fn uses(files: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    graph(files).inside.into_iter().map(|using| (using.from, using.to)).collect()
}

fn pairs(expected: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    expected.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
}

#[test]
fn a_use_is_found_however_it_is_written() {
    let lib = ("lib.rs", "mod a; mod b; mod c; mod d; mod e; mod f;");
    let found = uses(&[
        lib,
        ("a.rs", "use crate::b::{self, Thing}; fn f(_: b::Thing) {}"),
        ("b.rs", "pub struct Thing; fn f() { super::c::g(); }"),
        ("c.rs", "pub fn g() { println!(\"{}\", crate::d::N); }"),
        ("d.rs", "pub const N: u8 = 0; #[derive(crate::e::Made)] struct S;"),
        ("e/mod.rs", "mod inner; pub use inner::*;"),
        ("e/inner.rs", "pub struct Made; use super::super::f::H;"),
        ("f.rs", "pub struct H;"),
    ]);
    let expected =
        [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e::inner"), ("e", "e::inner"), ("e::inner", "f")];
    assert_eq!(found, pairs(&expected));
}

#[test]
fn a_name_is_followed_through_re_exports_to_the_module_that_defines_it() {
    let found = uses(&[
        ("lib.rs", "mod store; mod user;"),
        ("store/mod.rs", "mod tx; mod names; pub use names::Tx;"),
        ("store/names.rs", "pub use super::tx::Tx;"),
        ("store/tx.rs", "pub struct Tx;"),
        ("user.rs", "fn f(_: crate::store::Tx) {}"),
    ]);
    assert!(found.contains(&("user".to_owned(), "store::tx".to_owned())), "{found:?}");
    assert!(!found.contains(&("user".to_owned(), "store".to_owned())), "{found:?}");
}

#[test]
fn what_only_tests_use_does_not_count() {
    let found = uses(&[
        ("lib.rs", "mod a; mod b; #[cfg(test)] mod tests_of_all;"),
        (
            "a.rs",
            "#[cfg(test)] mod tests { use crate::b::B; } #[cfg(test)] fn f() { crate::b::g() } #[cfg(not(test))] fn h() {}",
        ),
        ("b.rs", "pub struct B; pub fn g() {} impl B { #[cfg(test)] fn f() { crate::a::h() } }"),
        ("tests_of_all.rs", "use crate::a;"),
    ]);
    assert_eq!(found, BTreeSet::new());
}

#[test]
fn another_crate_is_found_under_the_name_it_was_given() {
    let graph = graph(&[
        ("lib.rs", "mod a;"),
        (
            "a.rs",
            "use std::fs as disk; use prost::Message as _; fn f() { disk::read(\"x\"); redb::Database::create(\"y\"); }",
        ),
    ]);
    let outside: Vec<&str> = graph.outside.iter().map(|using| using.to.as_str()).collect();
    for expected in ["std::fs", "std::fs::read", "prost::Message", "redb::Database::create"] {
        assert!(outside.contains(&expected), "{expected} in {outside:?}");
    }
    assert!(lies_in("std::fs::read", "std::fs") && lies_in("tokio_util::codec", "tokio"));
    assert!(!lies_in("std::fsx", "std::fs") && !lies_in("std::fs_x", "std::fs"));
}

#[test]
fn a_circle_is_named_step_by_step_and_only_once() {
    let graph = graph(&[
        ("lib.rs", "mod a; mod b; mod c; mod leaf;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b/mod.rs", "mod deep; pub struct B;"),
        ("b/deep.rs", "use crate::c::C; use crate::leaf::L;"),
        ("c.rs", "use crate::a::A; pub struct C;"),
        ("leaf.rs", "pub struct L;"),
    ]);
    let found = circles(&graph.between_children(""));
    let said: Vec<Vec<String>> = found.iter().map(|circle| circle.iter().map(said).collect()).collect();
    let expected = ["a uses b (`crate::b::B`)", "b::deep uses c (`crate::c::C`)", "c uses a (`crate::a::A`)"]
        .map(str::to_owned);
    assert_eq!(said, [expected.to_vec()]);
}

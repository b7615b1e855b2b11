//! Files, tests, recipes and decisions that the papers name.

use std::collections::BTreeSet;
use std::path::Path;

use super::{code_spans, files_below, papers, read, repository, section};

/// Papers that name sources by their path or the end of it.
const WITH_SOURCES: [&str; 2] = ["ARCHITECTURE.md", "CONTRIBUTING.md"];
const SOURCE_ENDINGS: [&str; 9] = [".rs", ".md", ".toml", ".proto", ".sh", ".py", ".js", ".rules", ".just"];

#[test]
fn every_file_that_the_papers_name_is_there() {
    let files = files_below("");
    let mut missing = Vec::new();
    for paper in papers().iter().filter(|paper| is_about_sources(paper)) {
        for span in code_spans(&read(paper)).into_iter().filter(|span| is_a_place(span)) {
            if !is_there(span, &files) {
                missing.push(format!("{paper}: {span}"));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}\n", missing.join("\n"));
}

fn is_about_sources(paper: &str) -> bool {
    WITH_SOURCES.contains(&paper) || paper.starts_with("docs/adr/")
}

/// A path of the repository. What a program writes, a machine has or a reader fills in is none.
fn is_a_place(span: &str) -> bool {
    let plain = span.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let outside = ["/", "target/", "~", ".tools/", "run_dir/", "state_dir/", "keys_dir/"];
    let is_outside = outside.iter().any(|start| span.starts_with(start)) || SOURCE_ENDINGS.contains(&span);
    plain && !is_outside && (span.contains('/') || SOURCE_ENDINGS.iter().any(|end| span.ends_with(end)))
}

/// Whole, or the end of a longer path: a paragraph about a service names `store/index.rs`.
fn is_there(place: &str, files: &[String]) -> bool {
    let place = place.trim_start_matches("./").trim_end_matches('/');
    let (inside, below) = (format!("/{place}"), format!("{place}/"));
    let deep = format!("/{below}");
    files.iter().any(|file| {
        file == place || file.ends_with(&inside) || file.starts_with(&below) || file.contains(&deep)
    })
}

#[test]
fn every_link_between_the_papers_leads_somewhere() {
    let mut broken = Vec::new();
    for paper in papers() {
        let folder = Path::new(&paper).parent().unwrap().to_owned();
        let text = read(&paper);
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let file = link.split('#').next().unwrap();
            if !repository().join(&folder).join(file).exists() {
                broken.push(format!("{paper}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn every_invariant_names_tests_that_exist() {
    let text = read("ARCHITECTURE.md");
    let invariants = section(&text, "## Invariants");
    let tests = tests_of_the_project();
    let mut wrong = Vec::new();
    for number in 1..=12 {
        let start = format!("**Architecture Invariant: I{number}.**");
        let after = invariants.split(&start).nth(1).unwrap_or_else(|| panic!("no paragraph for I{number}"));
        let paragraph = after.split("\n\n").next().unwrap();
        let named: Vec<&str> = code_spans(paragraph).into_iter().filter(|span| is_a_test(span)).collect();
        if named.is_empty() {
            wrong.push(format!("I{number} names no test"));
        }
    }
    wrong.extend(not_there(invariants, &tests));
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_threat_names_the_tests_that_show_what_holds() {
    let text = read("THREATS.md");
    let mut wrong: Vec<String> = not_there(&text, &tests_of_the_project()).collect();
    let names_one = |text: &str| code_spans(text).into_iter().any(is_a_test);
    for boundary in text.split("\n## ").skip(1) {
        let title = boundary.lines().next().unwrap();
        if !names_one(boundary) {
            wrong.push(format!("{title}: no test is named"));
        }
        let rows = boundary.lines().filter(|line| line.starts_with("| ") && !line.ends_with("| shown by |"));
        for row in rows.filter(|row| !names_one(row.rsplit(" | ").next().unwrap())) {
            wrong.push(format!("{title}: no test shows {row}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// What a paper calls a test, and no file has.
fn not_there(text: &str, tests: &BTreeSet<(String, String)>) -> impl Iterator<Item = String> {
    let named = code_spans(text).into_iter().filter(|span| is_a_test(span));
    let missing = named.filter(|span| {
        let (place, name) = span.rsplit_once("::").unwrap_or(("", span));
        let known = match place.strip_prefix("shop") {
            Some(module) => is_in_shop(module.trim_start_matches("::"), name, tests),
            None => tests.iter().any(|(_, test)| test == span),
        };
        !known
    });
    missing.map(|span| format!("there is no test {span}"))
}

/// `shop::module::a_test`, `shop::module`, or a test's name alone, which is a sentence.
fn is_a_test(span: &str) -> bool {
    let plain = span.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:".contains(c));
    plain
        && !span.ends_with(':')
        && (span.starts_with("shop::") || (span.matches('_').count() > 2 && !span.contains("::")))
}

fn is_in_shop(module: &str, name: &str, tests: &BTreeSet<(String, String)>) -> bool {
    let in_module = |path: &str| {
        let path = format!("integration-tests/tests/shop/{}", path.replace("::", "/"));
        move |file: &str| file == format!("{path}.rs") || file.starts_with(&format!("{path}/"))
    };
    let (whole, part) = (in_module(&join(module, name)), in_module(module));
    tests.iter().any(|(file, test)| whole(file) || (part(file) && test == name))
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

/// File and name of everything that might be a test: some are made by a macro that is given the name.
fn tests_of_the_project() -> BTreeSet<(String, String)> {
    let sources = ["services", "proto", "integration-tests"].into_iter().flat_map(files_below);
    let mut tests = BTreeSet::new();
    for file in sources.filter(|file| file.ends_with(".rs")) {
        let text = read(&file);
        let code = text.lines().map(|line| line.split("//").next().unwrap());
        let words = code.flat_map(|code| code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
        tests.extend(words.filter(|word| word.contains('_')).map(|word| (file.clone(), word.to_owned())));
    }
    tests
}

#[test]
fn every_recipe_that_the_papers_name_is_there() {
    let recipes = [read("justfile"), read("benches/measure.just")].concat();
    let recipes: BTreeSet<&str> = recipes
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()) && line.contains(':'))
        .filter_map(|line| line.split([' ', ':']).next())
        .collect();
    let mut missing = Vec::new();
    for paper in papers() {
        for span in code_spans(&read(&paper)) {
            let recipe = span.strip_prefix("just ").and_then(|rest| rest.split(' ').next());
            if let Some(recipe) = recipe.filter(|recipe| !recipes.contains(recipe)) {
                missing.push(format!("{paper}: just {recipe}"));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}\n", missing.join("\n"));
}

#[test]
fn the_list_of_decisions_has_each_with_its_title() {
    let list = read("docs/adr/README.md");
    let decisions = files_below("docs/adr");
    let decisions: Vec<&String> = decisions.iter().filter(|path| !path.ends_with("README.md")).collect();
    for path in &decisions {
        let file = path.trim_start_matches("docs/adr/");
        let row = list.lines().find(|line| line.contains(&format!("({file})")));
        assert!(row.is_some(), "{file} is not in docs/adr/README.md");
        let title = read(path).lines().next().unwrap().to_owned();
        assert!(title.starts_with(&format!("# {}: ", &file[..4])), "{file} begins with {title:?}");
    }
    assert_eq!(list.matches("](0").count(), decisions.len(), "docs/adr/README.md lists what is not there");
}

//! The keys of `chit.toml`: the sources, the example file and the paper know the same ones.

use std::collections::{BTreeMap, BTreeSet};

use super::{code_spans, files_below, read, section};

/// A key, or a table's and its own: `limits.sale_minor`.
type Keys = BTreeSet<String>;

/// Sections of `chit.toml` and where their keys are declared.
fn sections() -> BTreeMap<String, Keys> {
    let mut sections =
        BTreeMap::from([("chit".to_owned(), keys(&["services/runtime/src/config.rs".to_owned()], "Shared"))]);
    for file in files_below("services") {
        let parts: Vec<&str> = file.split('/').collect();
        if let ["services", service, "src", "config.rs" | "config", ..] = parts.as_slice()
            && *service != "runtime"
        {
            let own = format!("services/{service}/src/config");
            let sources: Vec<String> =
                files_below("services").into_iter().filter(|source| source.starts_with(&own)).collect();
            sections.insert((*service).to_owned(), keys(&sources, "Config"));
        }
    }
    sections
}

/// The keys that serde reads into a struct, those of tables in it too.
fn keys(sources: &[String], root: &str) -> Keys {
    let mut types = BTreeMap::new();
    for source in sources {
        let file = syn::parse_file(&read(source)).unwrap_or_else(|error| panic!("{source}: {error}"));
        for item in file.items {
            match item {
                syn::Item::Struct(item) => {
                    types.insert(item.ident.to_string(), item.fields.into_iter().collect())
                }
                syn::Item::Enum(item) => {
                    let fields = item.variants.into_iter().flat_map(|variant| variant.fields);
                    types.insert(item.ident.to_string(), fields.collect::<Vec<_>>())
                }
                _ => None,
            };
        }
    }
    let mut found = Keys::new();
    add_keys(&types, root, "", &mut found);
    assert!(!found.is_empty(), "no struct {root} with keys in {sources:?}");
    found
}

fn add_keys(types: &BTreeMap<String, Vec<syn::Field>>, name: &str, before: &str, found: &mut Keys) {
    for field in types.get(name).into_iter().flatten() {
        if is_skipped(field) {
            continue;
        }
        let key = match &field.ident {
            Some(key) => format!("{before}{key}"),
            // The struct in a variant of an enum: its keys are those of the enum's own place.
            None => before.trim_end_matches('.').to_owned(),
        };
        if field.ident.is_some() {
            found.insert(key.clone());
        }
        for inner in names_in(&field.ty).into_iter().filter(|inner| inner != name) {
            add_keys(types, &inner, &format!("{key}."), found);
        }
    }
}

fn is_skipped(field: &syn::Field) -> bool {
    field.attrs.iter().any(|attribute| {
        matches!(&attribute.meta, syn::Meta::List(list)
            if list.path.is_ident("serde") && list.tokens.to_string() == "skip")
    })
}

/// `Vec<Line>`: Vec and Line.
fn names_in(ty: &syn::Type) -> Vec<String> {
    let text = quoted(ty);
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .map(str::to_owned)
        .filter(|name| !name.is_empty())
        .collect()
}

fn quoted(ty: &syn::Type) -> String {
    let syn::Type::Path(path) = ty else { return String::new() };
    let segment = |segment: &syn::PathSegment| {
        let syn::PathArguments::AngleBracketed(inner) = &segment.arguments else {
            return segment.ident.to_string();
        };
        let inner = inner.args.iter().filter_map(|inner| match inner {
            syn::GenericArgument::Type(ty) => Some(quoted(ty)),
            _ => None,
        });
        format!("{} {}", segment.ident, inner.collect::<Vec<_>>().join(" "))
    };
    path.path.segments.iter().map(segment).collect::<Vec<_>>().join(" ")
}

/// Keys of the example, those in comments too: a key without a default is shown that way.
fn keys_of_the_example() -> BTreeMap<String, BTreeMap<String, Option<String>>> {
    let mut sections: BTreeMap<String, BTreeMap<String, Option<String>>> = BTreeMap::new();
    let (mut section, mut before) = (String::new(), String::new());
    let text = read("deploy/chit.toml");
    for line in text.lines() {
        let (line, is_set) = match line.strip_prefix("# ") {
            Some(shown) => (shown, false),
            None => (line, true),
        };
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.trim_end().strip_suffix(']')) {
            let name = name.trim_start_matches('[').trim_end_matches(']');
            let (head, table) = name.split_once('.').unwrap_or((name, ""));
            section = head.to_owned();
            before = if table.is_empty() { String::new() } else { format!("{table}.") };
            sections.entry(section.clone()).or_default();
            if !table.is_empty() {
                sections.get_mut(&section).unwrap().insert(table.to_owned(), None);
            }
        } else if let Some((key, value)) = line.split_once(" = ")
            && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        {
            let value = is_set.then(|| value.to_owned());
            sections.get_mut(&section).unwrap().insert(format!("{before}{key}"), value);
        }
    }
    sections
}

/// The rows of the tables in a section of the paper: key and the cells after it.
fn rows_of_the_paper(section: &str) -> Vec<(String, Vec<String>)> {
    let mut rows = Vec::new();
    let mut before = String::new();
    for line in section.lines() {
        let heading = line.trim_matches(['`', '[', ']']);
        if line.starts_with("`[") && heading.contains('.') {
            before = format!("{}.", heading.split_once('.').unwrap().1);
        }
        let Some(cells) = line.strip_prefix("| `") else { continue };
        let cells: Vec<String> = format!("`{cells}").split(" | ").map(str::to_owned).collect();
        for key in code_spans(&cells[0]) {
            rows.push((format!("{before}{key}"), cells[1..].to_vec()));
        }
    }
    rows
}

#[test]
fn every_key_is_in_the_paper_and_every_key_of_the_paper_exists() {
    let paper = read("docs/configuration.md");
    let mut wrong = Vec::new();
    for (name, keys) in sections() {
        let text = section(&paper, &format!("## `[{name}]`"));
        let rows: Keys = rows_of_the_paper(text).into_iter().map(|(key, _)| key).collect();
        for key in &keys {
            // A sentence may name the keys of a small table.
            let last = key.rsplit('.').next().unwrap();
            let named = key.contains('.')
                && code_spans(text).iter().any(|span| {
                    span.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == last)
                });
            if !rows.contains(key) && !named {
                wrong.push(format!("[{name}] {key} is not in docs/configuration.md"));
            }
        }
        for key in rows.difference(&keys) {
            wrong.push(format!("[{name}] {key} of docs/configuration.md does not exist"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_key_is_in_the_example_and_every_key_of_the_example_exists() {
    let example = keys_of_the_example();
    let mut wrong = Vec::new();
    let sections = sections();
    for (name, keys) in &sections {
        let shown: Keys = example.get(name).map(|keys| keys.keys().cloned().collect()).unwrap_or_default();
        // A table that repeats the section's own keys need not show them all.
        let missing = keys.difference(&shown).filter(|key| !key.contains('.') || key.starts_with("limits."));
        wrong.extend(missing.map(|key| format!("[{name}] {key} is not in deploy/chit.toml")));
        wrong.extend(
            shown.difference(keys).map(|key| format!("[{name}] {key} of deploy/chit.toml does not exist")),
        );
    }
    let unknown: Vec<_> = example.keys().filter(|name| !sections.contains_key(*name)).collect();
    assert!(unknown.is_empty(), "sections of deploy/chit.toml that nobody reads: {unknown:?}");
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_paper_and_the_example_agree_about_every_default() {
    let paper = read("docs/configuration.md");
    let mut wrong = Vec::new();
    for (name, keys) in keys_of_the_example() {
        let rows = rows_of_the_paper(section(&paper, &format!("## `[{name}]`")));
        for (key, value) in keys {
            let Some((_, cells)) = rows.iter().find(|(row, _)| *row == key) else { continue };
            // Type, default, meaning; a table of goods has no defaults.
            let [_, default, _, ..] = cells.as_slice() else { continue };
            let both: Vec<&str> = code_spans(default);
            let at =
                rows.iter().filter(|(_, other)| other == cells).position(|(row, _)| *row == key).unwrap_or(0);
            let told = both.get(at).or(both.first()).map(|told| told.trim_matches('"'));
            let set = value.as_deref().map(|value| value.trim_matches('"'));
            let agrees = match (told, set) {
                (Some(told), Some(set)) => told == set,
                (None, Some(set)) => set.is_empty() || !default.contains("unset"),
                // Lists of tables are shown, not set.
                (Some(told), None) => told == "[]",
                (None, None) => true,
            };
            if !agrees {
                wrong.push(format!(
                    "[{name}] {key}: {told:?} in docs/configuration.md, {set:?} in deploy/chit.toml"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

//! Who uses whom: the paths of a crate's modules, each followed to the module that defines what it names.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use super::reader::{self, Module, Modules, child_path};

/// Names that stand for names: `use` of a `use` of a `use`.
const HOPS_MAX: usize = 16;

/// One module naming something of another, or of another crate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    pub from: String,
    /// The module that defines it; in another crate the whole path, from the crate's name on.
    pub to: String,
    /// As written.
    pub path: String,
}

#[derive(PartialEq)]
enum Found {
    Module(String),
    Outside(Vec<String>),
    /// A type, a function or a name of the prelude.
    Nothing,
}

pub struct Graph {
    modules: Modules,
    pub inside: BTreeSet<Use>,
    pub outside: BTreeSet<Use>,
}

impl Graph {
    /// `crates`: what its sources may name besides themselves.
    pub fn of(root: &Path, crates: &BTreeSet<String>) -> Self {
        let modules = reader::read(root);
        let mut graph = Self { modules, inside: BTreeSet::new(), outside: BTreeSet::new() };
        for (from, module) in &graph.modules {
            for named in &module.named {
                let path = named.join("::");
                match graph.find(from, named, crates, HOPS_MAX) {
                    Found::Module(to) if to != *from => {
                        graph.inside.insert(Use { from: from.clone(), to, path });
                    }
                    Found::Outside(to) => {
                        graph.outside.insert(Use { from: from.clone(), to: to.join("::"), path });
                    }
                    Found::Module(_) | Found::Nothing => {}
                }
            }
        }
        graph
    }

    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.modules.keys().map(String::as_str)
    }

    fn find(&self, from: &str, named: &[String], crates: &BTreeSet<String>, hops: usize) -> Found {
        let (Some((first, rest)), Some(hops)) = (named.split_first(), hops.checked_sub(1)) else {
            return Found::Nothing;
        };
        match first.as_str() {
            "crate" => self.descend("", rest, crates, hops),
            "self" => self.descend(from, rest, crates, hops),
            "super" => self.descend(parent(from), rest, crates, hops),
            _ => match self.step(from, first, rest, crates, hops) {
                Found::Nothing if crates.contains(first) => Found::Outside(whole(first, rest)),
                found => found,
            },
        }
    }

    /// From a module down along the names of children, or wherever a `use` in it leads.
    fn descend(&self, at: &str, rest: &[String], crates: &BTreeSet<String>, hops: usize) -> Found {
        let (Some((first, rest)), Some(hops)) = (rest.split_first(), hops.checked_sub(1)) else {
            return Found::Module(at.to_owned());
        };
        if first == "super" {
            return self.descend(parent(at), rest, crates, hops);
        }
        match self.step(at, first, rest, crates, hops) {
            Found::Nothing => Found::Module(at.to_owned()),
            found => found,
        }
    }

    fn step(
        &self,
        at: &str,
        first: &String,
        rest: &[String],
        crates: &BTreeSet<String>,
        hops: usize,
    ) -> Found {
        let module = &self.modules[at];
        if module.children.contains(first) {
            return self.descend(&child_path(at, first), rest, crates, hops);
        }
        if module.items.contains(first) {
            return Found::Module(at.to_owned());
        }
        if let Some(import) = module.imports.get(first) {
            let named: Vec<String> = import.iter().chain(rest).cloned().collect();
            // `use redb;` would lead to itself for ever.
            return match import.first() {
                Some(crate_name) if crate_name == first && crates.contains(first) => Found::Outside(named),
                Some(itself) if itself == first => Found::Nothing,
                _ => self.find(at, &named, crates, hops),
            };
        }
        self.step_through_globs(module, at, first, rest, crates, hops)
    }

    fn step_through_globs(
        &self,
        module: &Module,
        at: &str,
        first: &String,
        rest: &[String],
        crates: &BTreeSet<String>,
        hops: usize,
    ) -> Found {
        let Some(hops) = hops.checked_sub(1) else { return Found::Nothing };
        for glob in &module.globs {
            if let Found::Module(target) = self.find(at, glob, crates, hops) {
                let found =
                    if target == at { Found::Nothing } else { self.step(&target, first, rest, crates, hops) };
                if found != Found::Nothing {
                    return found;
                }
            }
        }
        Found::Nothing
    }

    /// The uses between the children of a module, whatever depth they come from.
    pub fn between_children(&self, of: &str) -> BTreeMap<String, BTreeMap<String, Use>> {
        let mut edges: BTreeMap<String, BTreeMap<String, Use>> = BTreeMap::new();
        for using in &self.inside {
            if let (Some(from), Some(to)) = (child_of(of, &using.from), child_of(of, &using.to))
                && from != to
            {
                edges.entry(from).or_default().entry(to).or_insert_with(|| using.clone());
            }
        }
        edges
    }
}

fn whole(first: &str, rest: &[String]) -> Vec<String> {
    [first.to_owned()].into_iter().chain(rest.iter().cloned()).collect()
}

fn parent(path: &str) -> &str {
    path.rsplit_once("::").map_or("", |(parent, _)| parent)
}

/// The child of `of` in which `path` lies.
pub fn child_of(of: &str, path: &str) -> Option<String> {
    let below = if of.is_empty() { path } else { path.strip_prefix(of)?.strip_prefix("::")? };
    let first = below.split("::").next()?;
    (!first.is_empty()).then(|| first.to_owned())
}

/// The shortest way from each module back to itself, every circle once.
pub fn circles(edges: &BTreeMap<String, BTreeMap<String, Use>>) -> Vec<Vec<Use>> {
    let mut seen = BTreeSet::new();
    let mut circles: Vec<Vec<Use>> = edges.keys().filter_map(|start| circle(start, edges)).collect();
    circles.retain(|circle| {
        let members: BTreeSet<String> = circle.iter().map(|using| using.path.clone()).collect();
        seen.insert(members)
    });
    circles.sort_by_key(Vec::len);
    circles
}

fn circle(start: &str, edges: &BTreeMap<String, BTreeMap<String, Use>>) -> Option<Vec<Use>> {
    let mut ways = VecDeque::from([(start.to_owned(), Vec::new())]);
    let mut reached = BTreeSet::new();
    while let Some((at, way)) = ways.pop_front() {
        for (next, using) in edges.get(&at).into_iter().flatten() {
            let way: Vec<Use> = way.iter().chain([using]).cloned().collect();
            if next == start {
                return Some(way);
            }
            if reached.insert(next.clone()) {
                ways.push_back((next.clone(), way));
            }
        }
    }
    None
}

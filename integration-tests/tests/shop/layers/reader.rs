//! Reads a crate's sources into its modules and what each of them names: by `use`, by a path in the code, in an attribute
//! or in a macro's arguments. Code for tests is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// One module, as written.
#[derive(Default)]
pub struct Module {
    pub children: BTreeSet<String>,
    /// What it defines itself, besides modules.
    pub items: BTreeSet<String>,
    /// Names that `use` brings in, and the path each stands for.
    pub imports: BTreeMap<String, Vec<String>>,
    /// `use path::*`.
    pub globs: Vec<Vec<String>>,
    /// Every path it names, as written.
    pub named: BTreeSet<Vec<String>>,
}

/// The modules of one crate by their path from its root; the root is "".
pub type Modules = BTreeMap<String, Module>;

pub fn read(root: &Path) -> Modules {
    let mut modules = Modules::new();
    let text = fs::read_to_string(root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let place = Place { path: String::new(), file: root.to_owned(), dir: root.parent().unwrap().to_owned() };
    read_module(&place, &file.items, &mut modules);
    modules
}

/// Where a module is written, and where the files of its children lie.
struct Place {
    path: String,
    file: PathBuf,
    dir: PathBuf,
}

impl Place {
    fn child(&self, name: &str, file: PathBuf) -> Self {
        Self { path: child_path(&self.path, name), file, dir: self.dir.join(name) }
    }
}

pub fn child_path(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}::{name}") }
}

fn read_module(place: &Place, items: &[syn::Item], modules: &mut Modules) {
    let mut reader = Reader { module: Module::default() };
    for item in items {
        let Some(attributes) = attributes(item) else { continue };
        if only_for_tests(attributes) {
            continue;
        }
        match item {
            syn::Item::Mod(item) => {
                reader.module.children.insert(item.ident.to_string());
                read_child(place, item, modules);
            }
            item => {
                reader.module.items.extend(name_of(item));
                reader.visit_item(item);
            }
        }
    }
    modules.insert(place.path.clone(), reader.module);
}

fn read_child(place: &Place, item: &syn::ItemMod, modules: &mut Modules) {
    let name = item.ident.to_string();
    if let Some((_, items)) = &item.content {
        return read_module(&place.child(&name, place.file.clone()), items, modules);
    }
    let candidates = match path_attribute(&item.attrs) {
        Some(path) => vec![place.file.with_file_name(path)],
        None => vec![place.dir.join(format!("{name}.rs")), place.dir.join(&name).join("mod.rs")],
    };
    let file = candidates.iter().find(|file| file.exists());
    let file = file.unwrap_or_else(|| panic!("{}: no file of mod {name}", place.file.display()));
    let text = fs::read_to_string(file).unwrap();
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    read_module(&place.child(&name, file.clone()), &parsed.items, modules);
}

/// `#[path = "…"]`.
fn path_attribute(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("path")).find_map(|attribute| {
        let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else { return None };
        Some(text.value())
    })
}

fn only_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || matches!(&attribute.meta, syn::Meta::List(list)
                if list.path.is_ident("cfg") && says_test(&list.tokens.to_string()))
    })
}

fn says_test(condition: &str) -> bool {
    let mut words = condition.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.clone().any(|word| word == "test") && !words.any(|word| word == "not")
}

fn attributes(item: &syn::Item) -> Option<&[syn::Attribute]> {
    use syn::Item;
    Some(match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => return None,
    })
}

fn name_of(item: &syn::Item) -> Option<String> {
    use syn::Item;
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

struct Reader {
    module: Module,
}

impl Reader {
    fn name(&mut self, path: Vec<String>) {
        if path.len() > 1 {
            self.module.named.insert(path);
        }
    }

    fn bring_in(&mut self, tree: &syn::UseTree, before: &[String]) {
        match tree {
            syn::UseTree::Path(step) => {
                self.bring_in(&step.tree, &longer(before, &step.ident.to_string()));
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.bring_in(tree, before)),
            syn::UseTree::Glob(_) => {
                self.module.named.insert(before.to_vec());
                self.module.globs.push(before.to_vec());
            }
            syn::UseTree::Name(name) => self.import(before, &name.ident.to_string(), &name.ident.to_string()),
            syn::UseTree::Rename(name) => {
                self.import(before, &name.ident.to_string(), &name.rename.to_string());
            }
        }
    }

    fn import(&mut self, before: &[String], name: &str, known_as: &str) {
        // `use a::b::{self, c}` brings in b.
        let path = if name == "self" { before.to_vec() } else { longer(before, name) };
        let known_as =
            if known_as == "self" { path.last().cloned().unwrap_or_default() } else { known_as.to_owned() };
        self.name(path.clone());
        self.module.imports.insert(known_as, path);
    }

    /// Paths in what a macro or an attribute is given: names with `::` between them.
    fn name_in(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.name(std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                other => {
                    self.name(std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.name_in(group.stream());
                    }
                }
            }
        }
        self.name(path);
    }
}

fn longer(before: &[String], name: &str) -> Vec<String> {
    before.iter().cloned().chain([name.to_owned()]).collect()
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.bring_in(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.name(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.name_in(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.name_in(list.tokens.clone());
        }
        visit::visit_attribute(self, attribute);
    }

    /// `pub(in path)` says who may look, it looks at nothing.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !only_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }
}

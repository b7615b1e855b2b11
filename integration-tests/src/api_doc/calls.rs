//! Who may make which call of checkout, as its sources say: `api/*/mod.rs` names an access for each call, `api/access.rs` says
//! what an access is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// One constant of `Access`, with what it takes over from another.
#[derive(Clone, Default)]
struct Access {
    least: Option<String>,
    auditor: bool,
    clients: Vec<String>,
    devices: Vec<String>,
    host: bool,
    anyone: bool,
}

pub fn write(page: &mut String, repository: &Path) -> anyhow::Result<()> {
    let api = repository.join("services/checkout/src/api");
    let accesses = accesses(&fs::read_to_string(api.join("access.rs")).context("access.rs")?)?;
    page.push_str(
        "\n## Who may call\n\nPeople sign in (`StaffService.SignIn`) and send the session as metadata `chit-session`; paired devices send \
         `chit-device`. A\nclient with the role `pos` sees and changes only the sales that it opened. A cashier's calls are a \
         supervisor's and an owner's, too.\nHealth and reflection are for everybody whom the socket or the CA lets in.\n\n\
         | call | people | certificates | devices, besides |\n|---|---|---|---|\n",
    );
    for (call, name) in calls(&api)? {
        let access = accesses.get(&name).with_context(|| format!("{call} names {name}"))?;
        writeln!(
            page,
            "| `{call}` | {} | {} | {} |",
            people(access),
            list(&access.clients),
            besides(access)
        )?;
    }
    Ok(())
}

fn people(access: &Access) -> String {
    let mut who: Vec<String> = access.least.iter().cloned().collect();
    who.extend(access.auditor.then(|| "auditor".to_owned()));
    if access.anyone { "anybody".to_owned() } else { list(&who) }
}

fn besides(access: &Access) -> String {
    let mut who = access.devices.clone();
    if access.host || !access.devices.is_empty() {
        who.push("root".to_owned());
    }
    list(&who)
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

/// `Service.Method` and the name of its access, in the order of the sources.
fn calls(api: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut folders: Vec<_> = fs::read_dir(api)?.collect::<Result<_, _>>()?;
    folders.sort_by_key(std::fs::DirEntry::file_name);
    let mut found = Vec::new();
    for folder in folders.iter().filter(|folder| folder.path().is_dir()) {
        let text = fs::read_to_string(folder.path().join("mod.rs"))?;
        let service = text.split("_server::").nth(1).and_then(|after| after.split([' ', ' ', ':']).next());
        let service = service.with_context(|| format!("{} serves nothing", folder.path().display()))?;
        for line in text.lines().map(str::trim) {
            // `release_sale(ReleaseSaleRequest) -> ReleaseSaleResponse for SELL on sale_id,`
            if let (Some((name, _)), Some((_, access))) = (line.split_once('('), line.split_once(" for "))
                && line.contains("Request) -> ")
            {
                let access = access.split([' ', ',']).next().unwrap_or_default();
                found.push((format!("{service}.{}", in_interface(name)), access.to_owned()));
            }
            // A service with a stream lists its calls by hand: `("watch_events", Access::LOOK_AT_SALE)`.
            for entry in line.split("(\"").skip(1) {
                let Some((name, access)) = entry.split_once("\", Access::") else { continue };
                let access = access.split(')').next().unwrap_or_default();
                found.push((format!("{service}.{}", in_interface(name)), access.to_owned()));
            }
        }
    }
    // Such a list names those again that are no streams.
    let mut seen = BTreeSet::new();
    found.retain(|(name, _)| seen.insert(name.clone()));
    Ok(found)
}

fn in_interface(name: &str) -> String {
    let capital =
        |word: &str| word.get(..1).unwrap_or_default().to_uppercase() + word.get(1..).unwrap_or_default();
    name.split('_').map(capital).collect()
}

/// `pub const NAME: Self = Self { least: Some(Role::Cashier), ..Self::BASE };`, a base before what is built on it.
fn accesses(source: &str) -> anyhow::Result<BTreeMap<String, Access>> {
    let mut known = BTreeMap::from([("NOBODY".to_owned(), Access::default())]);
    for constant in source.split("pub const ").skip(1) {
        let Some((name, rest)) = constant.split_once(": Self =") else { continue };
        let body = rest.split(';').next().unwrap_or_default();
        let base = body.split("..Self::").nth(1).and_then(|base| base.split([' ', '\n', '}', ',']).next());
        let base = base.with_context(|| format!("{name} has no base"))?;
        let mut access = known.get(base).cloned().with_context(|| format!("{name} is built on {base}"))?;
        if let Some(role) = body.split("Some(Role::").nth(1) {
            access.least = Some(role.split(')').next().unwrap_or_default().to_lowercase());
        }
        for (field, into) in [("clients: &[", &mut access.clients), ("devices: &[", &mut access.devices)] {
            if let Some(names) = body.split(field).nth(1).and_then(|after| after.split(']').next()) {
                *into = names.split(',').map(|name| name.trim().to_lowercase()).collect();
            }
        }
        access.auditor |= body.contains("auditor: true");
        access.host |= body.contains("host: true");
        access.anyone |= body.contains("anyone: true");
        known.insert(name.to_owned(), access);
    }
    Ok(known)
}

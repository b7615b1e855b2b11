//! The layers inside each service: who may use whom, and no circles at any depth.

mod graph;
mod reader;
mod reading;
mod tables;

use std::collections::BTreeSet;

use cargo_metadata::{MetadataCommand, Package};

use graph::{Graph, Use, child_of, circles};
use tables::{About, EVERYWHERE, LADDERS, Ladder, NOT_YET, OUTSIDE_WORLD, PURE, Who, Whom};

struct Service {
    name: String,
    graph: Graph,
}

struct Complaint {
    service: String,
    /// The module whose children go in a circle; "" otherwise.
    place: String,
    kind: fn(&str) -> About<'_>,
    what: String,
}

impl Complaint {
    fn about(&self) -> About<'_> {
        (self.kind)(&self.place)
    }

    fn is_allowed(&self) -> bool {
        NOT_YET.iter().any(|(service, about, _)| *service == self.service && *about == self.about())
    }
}

fn services() -> Vec<Service> {
    let workspace =
        MetadataCommand::new().no_deps().other_options(vec!["--offline".to_owned()]).exec().unwrap();
    let is_service = |package: &&Package| package.manifest_path.as_str().contains("/services/");
    let read = |package: &Package| {
        let crates = package.dependencies.iter().map(|dependency| dependency.name.replace('-', "_"));
        let crates: BTreeSet<String> = crates.chain(["std".to_owned()]).collect();
        let root = package.manifest_path.with_file_name("src").join("lib.rs");
        Service { name: package.name.to_string(), graph: Graph::of(root.as_std_path(), &crates) }
    };
    let services: Vec<Service> = workspace.packages.iter().filter(is_service).map(read).collect();
    assert!(services.len() >= 9, "runtime, seven services and the command line");
    services
}

fn complain(services: &[Service]) -> Vec<Complaint> {
    services
        .iter()
        .flat_map(|service| {
            let mut all = layers(service);
            all.extend(domain_crates(service));
            all.extend(all_circles(service));
            all
        })
        .collect()
}

fn layers(service: &Service) -> Vec<Complaint> {
    let ladder = LADDERS.iter().find(|(name, _)| *name == service.name).map(|(_, ladder)| *ladder);
    let complaint = |what| Complaint {
        service: service.name.clone(),
        place: String::new(),
        kind: |_| About::Layers,
        what,
    };
    let mut all: Vec<Complaint> = Vec::new();
    for using in &service.graph.inside {
        let (from, to) = (child_of("", &using.from), child_of("", &using.to));
        let Some(from) = from.filter(|from| Some(from) != to.as_ref()) else { continue };
        if let Some(why) = forbidden_everywhere(&from, to.as_deref()) {
            all.push(complaint(format!("{}: {why}", said(using))));
        } else if let (Some(ladder), Some(to)) = (ladder, to)
            && step(ladder, &to) >= step(ladder, &from)
        {
            all.push(complaint(format!("{}: {to} is not under {from} on the ladder", said(using))));
        }
    }
    if let Some(ladder) = ladder {
        all.extend(misplaced(&service.graph, ladder).map(complaint));
    }
    all
}

fn forbidden_everywhere(from: &str, to: Option<&str>) -> Option<&'static str> {
    let applies = |(who, whom, _): &&(Who, Whom, &'static str)| {
        let who = match who {
            Who::Anybody => true,
            Who::Only(name) => *name == from,
        };
        let whom = match whom {
            Whom::Anything => true,
            Whom::Root => to.is_none(),
            Whom::Only(name) => to == Some(name),
        };
        who && whom
    };
    EVERYWHERE.iter().find(applies).map(|(.., why)| *why)
}

/// The line that a module stands on; a module without one is complained about by itself.
fn step(ladder: Ladder, module: &str) -> Option<usize> {
    ladder.iter().position(|line| line.contains(&module))
}

fn misplaced(graph: &Graph, ladder: Ladder) -> impl Iterator<Item = String> {
    let there: BTreeSet<&str> =
        graph.modules().filter(|path| !path.is_empty() && !path.contains("::")).collect();
    let named: BTreeSet<&str> = ladder.iter().flat_map(|line| line.iter().copied()).collect();
    let new = there.difference(&named).map(|module| format!("{module} has no place on the ladder"));
    let gone = named.difference(&there).map(|module| format!("{module} is on the ladder and does not exist"));
    new.chain(gone).collect::<Vec<_>>().into_iter()
}

fn domain_crates(service: &Service) -> Vec<Complaint> {
    let outside = service.graph.outside.iter().filter(|using| {
        child_of("", &using.from).is_some_and(|room| is_pure(service, &room))
            && OUTSIDE_WORLD.iter().any(|world| lies_in(&using.to, world))
    });
    let complaint = |using: &Use| Complaint {
        service: service.name.clone(),
        place: String::new(),
        kind: |_| About::DomainCrates,
        what: format!("{}: this room is pure", said(using)),
    };
    outside.map(complaint).collect()
}

fn is_pure(service: &Service, room: &str) -> bool {
    let rooms = PURE.iter().filter(|(name, _)| *name == service.name);
    room == "domain" || rooms.flat_map(|(_, rooms)| rooms.iter()).any(|pure| *pure == room)
}

/// `std::fs::read` lies in `std::fs`, `tokio_util::codec` in `tokio`, `std::fsx` not in `std::fs`.
fn lies_in(path: &str, world: &str) -> bool {
    let relatives = if world.contains("::") { &["::"][..] } else { &["::", "_"][..] };
    path.strip_prefix(world)
        .is_some_and(|rest| rest.is_empty() || relatives.iter().any(|mark| rest.starts_with(mark)))
}

fn all_circles(service: &Service) -> Vec<Complaint> {
    let mut all = Vec::new();
    for place in service.graph.modules() {
        for circle in circles(&service.graph.between_children(place)) {
            let way: Vec<String> = circle.iter().map(said).collect();
            all.push(Complaint {
                service: service.name.clone(),
                place: place.to_owned(),
                kind: |place| About::CircleIn(place),
                what: format!("a circle: {}", way.join(", ")),
            });
        }
    }
    all
}

fn said(using: &Use) -> String {
    let to = if using.to.is_empty() { "lib.rs" } else { &using.to };
    format!("{} uses {to} (`{}`)", using.from, using.path)
}

fn refuse(complaints: &[Complaint], is_asked: impl Fn(About<'_>) -> bool) {
    let left: Vec<String> = complaints
        .iter()
        .filter(|complaint| is_asked(complaint.about()) && !complaint.is_allowed())
        .map(|complaint| format!("{}: {}", complaint.service, complaint.what))
        .collect();
    assert!(left.is_empty(), "\n{}\n", left.join("\n"));
}

#[test]
fn every_layer_uses_only_those_under_it() {
    refuse(&complain(&services()), |about| about == About::Layers);
}

#[test]
fn no_pure_room_names_wire_runtime_store_clock_or_files() {
    refuse(&complain(&services()), |about| about == About::DomainCrates);
}

#[test]
fn no_modules_use_each_other_in_a_circle() {
    refuse(&complain(&services()), |about| matches!(about, About::CircleIn(_)));
}

#[test]
fn what_is_not_yet_right_is_listed_only_as_long_as_it_is_wrong() {
    let complaints = complain(&services());
    let done: Vec<_> = NOT_YET
        .iter()
        .filter(|(service, about, _)| {
            !complaints.iter().any(|complaint| complaint.service == *service && complaint.about() == *about)
        })
        .map(|(service, about, _)| format!("{service}, {about:?}: remove it from NOT_YET"))
        .collect();
    assert!(done.is_empty(), "\n{}\n", done.join("\n"));
}

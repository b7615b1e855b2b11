//! Who may use whom. Change a row here when a room gets a new neighbour on purpose.

/// Modules from the bottom up. Each uses those of the lines before its own; those of one line do not know each other.
pub type Ladder = &'static [&'static [&'static str]];

/// In every service, whatever other rooms it has.
pub const EVERYWHERE: [(Who, Whom, &str); 4] = [
    (Who::Only("domain"), Whom::Anything, "the domain is pure rules and knows no other layer"),
    (Who::Only("store"), Whom::Only("device"), "what is kept does not depend on what is plugged in"),
    (Who::Anybody, Whom::Only("api"), "nothing but lib.rs uses the calls"),
    (Who::Anybody, Whom::Root, "nothing but main.rs uses lib.rs, which puts the rooms together"),
];

pub enum Who {
    Anybody,
    Only(&'static str),
}

pub enum Whom {
    Anything,
    /// What lib.rs itself defines.
    Root,
    Only(&'static str),
}

/// Crates, and paths in them, that no `domain` may name: wire, runtime, store, and where time, randomness and files come
/// from. `tokio` stands for `tokio_util` and its other relatives, too.
pub const OUTSIDE_WORLD: [&str; 19] = [
    "chit_proto",
    "chit_runtime",
    "prost",
    "tonic",
    "tokio",
    "redb",
    "getrandom",
    "rand",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant::now",
    "std::time::SystemTime::now",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "ulid::Ulid::generate",
    "ulid::Ulid::new",
];

/// Services whose every room has its place. The others are held to `EVERYWHERE`.
pub const LADDERS: [(&str, Ladder); 5] = [
    (
        "chit-runtime",
        &[
            &["error", "shutdown", "inherited", "held", "trace"],
            &["call", "peer", "record", "request_id"],
            &["config"],
            &["clock", "telemetry", "tls"],
            &["entry", "observe"],
            &["channel", "serve"],
        ],
    ),
    (
        "chit-ledger",
        &[
            &["domain", "tree", "config"],
            &["wire", "notary"],
            &["journal"],
            &["store"],
            &["audit", "history", "writer"],
            &["api"],
        ],
    ),
    (
        "chit-till",
        &[
            &["assets", "peers", "listen", "scene", "sessions", "words"],
            &["config", "thumb"],
            &["till", "view"],
            &["guard", "hub", "scans"],
            &["pages"],
        ],
    ),
    (
        "chit-cli",
        &[
            &["failure", "ids", "money"],
            &["approval", "output", "view"],
            &["shop"],
            &["follow"],
            &["commands"],
            &["args"],
            &["dispatch"],
        ],
    ),
    // By aggregate: each knows only those under it.
    (
        "chit-checkout",
        &[
            &["values"],
            &["config", "store"],
            &["keys", "peers"],
            &["outbox"],
            &["staff"],
            &["payer"],
            &["collection", "risk"],
            &["verification"],
            &["recovery"],
            &["dispute"],
            &["sale"],
            &["shift"],
            &["context"],
            &["effects"],
            &["inbound", "schedule"],
            &["api"],
        ],
    ),
];

/// What a complaint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About<'a> {
    /// `EVERYWHERE` or the service's ladder.
    Layers,
    /// `OUTSIDE_WORLD`.
    DomainCrates,
    /// A circle between the children of this module; "" are the top ones.
    CircleIn(&'a str),
}

/// What is not as it should be yet, and why. An entry that is no longer needed fails the test: remove it.
pub const NOT_YET: [(&str, About<'static>, &str); 13] = [
    ("chit-checkout", About::Layers, "it is being laid out by aggregate"),
    ("chit-checkout", About::DomainCrates, "stored records are still domain types"),
    ("chit-checkout", About::CircleIn(""), "counter, dialogue, saga, watch and staff are one knot"),
    ("chit-checkout", About::CircleIn("dialogue"), "asking and rounds know each other"),
    ("chit-checkout", About::CircleIn("domain"), "a payer code and its digits know each other"),
    ("chit-checkout", About::CircleIn("store"), "rows and tables know each other"),
    ("chit-media-capture", About::DomainCrates, "the manifest is still built from the interface's messages"),
    ("chit-printer", About::DomainCrates, "a shop's words are still read from their file in the domain"),
    ("chit-printer", About::Layers, "the domain's layout asks the drawing for sizes"),
    ("chit-printer", About::CircleIn(""), "the drawing asks the domain's text in turn"),
    ("chit-printer", About::CircleIn("device"), "a session ends with the actor's orders"),
    (
        "chit-sms-gateway",
        About::CircleIn("device"),
        "drain, submit and radio link report the actor's failures",
    ),
    ("chit-sms-gateway", About::CircleIn("domain"), "at_line and cms read each other's codes"),
];

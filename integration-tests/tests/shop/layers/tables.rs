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

/// Rooms that are as pure as a `domain` without being called so: in checkout every aggregate, rules and steps alike. A step
/// gets `&mut Tx` with its time in it; ids and randomness are arguments.
pub const PURE: [(&str, &[&str]); 1] = [(
    "chit-checkout",
    &[
        "values",
        "outbox",
        "staff",
        "payer",
        "custody",
        "collection",
        "texts",
        "recovery",
        "dispute",
        "bank",
        "verification",
        "risk",
        "sale",
        "shift",
        "erasure",
    ],
)];

/// Crates, and paths in them, that no `domain` and no room of `PURE` may name: wire, runtime, store, and where time,
/// randomness and files come from. `tokio` stands for `tokio_util` and its other relatives, too.
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
pub const LADDERS: [(&str, Ladder); 6] = [
    (
        "chit-runtime",
        &[
            &["error", "shutdown", "session", "trace"],
            &["call", "peer", "record", "request_id"],
            &["neighbour"],
            &["config"],
            &["allowed", "clock", "tls"],
            &["caller", "failpoint", "telemetry"],
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
            &["assets", "code_pdf", "cookie", "guests", "peers", "listen", "scene", "sessions", "words"],
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
            &["approval", "output", "session", "view"],
            &["shop"],
            &["follow", "sale_name"],
            &["commands"],
            &["args"],
            &["dispatch"],
        ],
    ),
    (
        "chit-issuer",
        &[&["domain", "keys", "people"], &["config"], &["store"], &["asking", "restored"], &["api"]],
    ),
    // By aggregate: each knows only those under it. What stands around them follows.
    (
        "chit-checkout",
        &[
            &["values"],
            &["store"],
            &["outbox"],
            &["staff"],
            &["payer"],
            &["custody"],
            &["collection"],
            &["texts"],
            &["recovery"],
            &["dispute"],
            &["bank"],
            &["verification"],
            &["risk"],
            &["sale"],
            &["shift"],
            &["erasure"],
            &["config"],
            &["issuer", "keys", "migration", "peers"],
            &["context"],
            &["trust", "paper"],
            &["inbound"],
            &["effects"],
            &["schedule"],
            &["api"],
        ],
    ),
];

/// What a complaint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About<'a> {
    /// `EVERYWHERE` or the service's ladder.
    Layers,
    /// `OUTSIDE_WORLD`, in a `domain` or a room of `PURE`.
    DomainCrates,
    /// A circle between the children of this module; "" are the top ones.
    CircleIn(&'a str),
}

/// What is not as it should be yet, and why. An entry that is no longer needed fails the test: remove it.
pub const NOT_YET: [(&str, About<'static>, &str); 0] = [];

//! A process that imports is killed: between two steps, within one, while old tables go.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::dump::{Dump, assert_same, dump};
use super::{Shop, open, see};
use chit_runtime::Clock;

const CHILD: &str = "migration::tests::kills::a_process_that_imports";
const FOLDER: &str = "CHIT_TEST_IMPORT_FOLDER";
const STEP: &str = "a step is durable";

/// Not a test of its own: the others start it, and kill it.
#[test]
#[ignore = "started by the tests beside it"]
fn a_process_that_imports() {
    let folder = std::path::PathBuf::from(std::env::var_os(FOLDER).expect("started by another test"));
    let clock = Clock::sandbox(folder.join("state/clock-offset"));
    let told = || {
        println!("{STEP}");
        // Goes on at once if nobody holds it.
        let _ = std::io::stdin().lock().read_until(b'\n', &mut Vec::new());
    };
    open(&folder.join("state/checkout/checkout.redb"), clock, told).unwrap();
}

/// A process that imports; it waits after each step while `go` is open.
struct Importer {
    child: Child,
    go: Option<ChildStdin>,
    told: BufReader<ChildStdout>,
}

impl Importer {
    fn start(shop: &Shop) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", CHILD, "--ignored", "--nocapture"])
            .env(FOLDER, shop.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let (go, told) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, go, told }
    }

    /// It does not wait any more.
    fn let_run(mut self) -> Self {
        self.go = None;
        self
    }

    /// False when it has finished without another one.
    fn step(&mut self) -> bool {
        let mut line = String::new();
        while self.told.read_line(&mut line).unwrap() > 0 {
            if line.trim_end().ends_with(STEP) {
                return true;
            }
            line.clear();
        }
        assert!(self.child.wait().unwrap().success(), "the import failed");
        false
    }

    fn go_on(&mut self) {
        if let Some(go) = &mut self.go {
            go.write_all(b"\n").unwrap();
        }
    }

    /// SIGKILL.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let _ = self.told.read_to_end(&mut Vec::new());
    }
}

/// A store whose import was killed after its first step: it has its keys and the time of its import.
fn begun() -> Shop {
    let shop = Shop::of_schema_2();
    let mut importer = Importer::start(&shop);
    assert!(importer.step());
    importer.kill();
    shop
}

fn unbroken(begun: &Shop) -> Dump {
    see(&begun.killed().open().unwrap(), dump)
}

#[test]
fn an_import_killed_between_any_two_steps_comes_to_the_same_end() {
    let shop = begun();
    let whole = unbroken(&shop);
    let mut kills = 0;
    loop {
        let mut importer = Importer::start(&shop);
        if !importer.step() {
            break;
        }
        importer.kill();
        kills += 1;
        assert!(kills < 1_000, "the import begins anew each time");
    }
    assert!(kills > 60, "{kills} kills");
    assert_same(&whole, &see(&shop.open().unwrap(), dump));
}

/// How many: `CHIT_TEST_KILLS=100` for more.
#[test]
fn an_import_killed_amid_its_steps_comes_to_the_same_end() {
    let wanted = std::env::var("CHIT_TEST_KILLS").map_or(24, |times| times.parse().unwrap());
    let begun = begun();
    let whole = unbroken(&begun);
    let (mut shop, mut kills, mut ends) = (begun.killed(), 0, 0);
    while kills < wanted {
        let mut importer = Importer::start(&shop).let_run();
        // The kill comes while it is somewhere in the steps after these.
        let running = (0..=kills % 9).all(|_| importer.step());
        if running {
            importer.kill();
            kills += 1;
        } else {
            ends += 1;
            assert_same(&whole, &see(&shop.open().unwrap(), dump));
            shop = begun.killed();
        }
    }
    assert_same(&whole, &see(&shop.open().unwrap(), dump));
    assert!(ends > 0, "no import came to its end");
}

#[test]
fn an_import_begins_anew_if_the_older_program_wrote_meanwhile() {
    let shop = begun();
    let mut importer = Importer::start(&shop);
    for _ in 0..50 {
        assert!(importer.step());
        importer.go_on();
    }
    importer.kill();
    super::schemas::forget_wrong_pins(&shop);
    let store = shop.open().unwrap();
    let lockout = see(&store, |view| view.pin_lockout("zhao", &crate::staff::origin::Origin::shared()));
    assert_eq!(lockout, chit_pin::PinLockout::default(), "as the older program left it at last");
    let fresh = Shop::of_schema_2();
    super::schemas::forget_wrong_pins(&fresh);
    let counts = |store: &crate::store::Store| {
        let keys = see(store, dump).into_keys();
        keys.fold(
            std::collections::BTreeMap::new(),
            |mut counts: std::collections::BTreeMap<_, u32>, (table, _)| {
                *counts.entry(table).or_default() += 1;
                counts
            },
        )
    };
    assert_eq!(counts(&store), counts(&fresh.open().unwrap()));
}

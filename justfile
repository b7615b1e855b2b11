# Daily recipes. `./deploy/setup` installs this `just` as .tools/bin/just.

# Lists the recipes.
default:
    @just --list --unsorted

# Installs what is missing.
setup:
    ./deploy/setup

# A whole shop with simulated devices; `just demo --once` plays one script.
demo *args:
    ./deploy/demo.sh {{args}}

# The whole test suite, as CI runs it.
test:
    ./deploy/test.sh

check:
    cargo check --workspace --all-targets

# Format, lints and interfaces.
lint:
    cargo fmt --all --check
    .tools/bin/buf lint
    cargo clippy --workspace --all-targets -- -D warnings

# Kills each service at each dangerous moment.
crash:
    cargo build --workspace
    cargo nextest run -p chit-integration-tests --test shop crash_matrix

# Writes docs/api.md from the interfaces' comments.
docs:
    cargo run --quiet -p chit-integration-tests --bin chit-api-doc

# Writes the tables of target/bench/*.json into docs/benchmarks.md.
bench-docs:
    deploy/bench-docs.py

# What a receipt costs, against a sink that answers at once (with chrt where it may); writes target/bench/printer.json.
bench-printer rounds="300":
    cargo build --release -p chit-printer
    cargo build -p chit-integration-tests --bin chit-printer-proof
    $(chrt -f 50 true 2>/dev/null && echo chrt -f 50) target/debug/chit-printer-proof bench --rounds {{rounds}}

# Kills the printer service and cuts its link at random moments; counts the papers of an independent printer.
crash-printer kills="1000":
    cargo build -p chit-printer
    cargo run --quiet -p chit-integration-tests --bin chit-printer-proof -- kill --kills {{kills}}

# Every page in both languages at two sizes, for people to look at: target/screenshots.
screenshots:
    cargo build --workspace
    cargo run --quiet -p chit-integration-tests --example till_pages -- screenshots

# First paint, weight, repaint and memory of the till's page, all services running; writes target/bench/till.json.
bench-till:
    cargo build --workspace
    cargo run --quiet -p chit-integration-tests --example till_pages -- bench

# Licences, advisories and doubles of dependencies (needs cargo-deny).
deny:
    cargo deny check

# The ledger beside SQLite and PostgreSQL 15 (apt-get install postgresql-15), interleaved; writes docs/benchmarks.md.
bench-ledger *args:
    cargo build --release -p chit-ledger
    cargo build --release --manifest-path benches/ledger/Cargo.toml
    benches/ledger/target/release/chit-ledger-bench {{args}}

# Takes the power from the ledger 5,000 times, then kills it 200 times under its callers; prints kills, lost, doubled.
crash-ledger kills="200" seeds="5000":
    mkdir -p target/bench && CHIT_LEDGER_SEEDS={{seeds}} CHIT_LEDGER_REPORT=$PWD/target/bench/ledger-crash.json cargo nextest run -p chit-ledger --no-capture power_loss
    CHIT_LEDGER_KILLS={{kills}} CHIT_LEDGER_REPORT=$PWD/target/bench/ledger-crash.json cargo nextest run -p chit-ledger --no-capture kill_9
    cat target/bench/ledger-crash.json

# Damaged requests, records and imports, many more than the tests try.
fuzz-ledger cases="20000":
    CHIT_LEDGER_FUZZ_CASES={{cases}} cargo nextest run -p chit-ledger fuzz_tests

# The SMS gateway beside Debian's gammu-smsd and smstools (apt-get install gammu-smsd smstools) on one simulated modem; writes target/bench/sms.json.
bench-sms rounds="5":
    cargo build --release -p chit-sms-gateway -p chit-simulators
    CHIT_SMS_PROGRAMS=$PWD/target/release CHIT_SMS_ROUNDS={{rounds}} cargo test -p chit-integration-tests --test sms -- --ignored --nocapture --test-threads=1

# Kills the SMS gateway at each of its commit points, and sends many SMS through a SIM with fifty places.
crash-sms kills="200" inbound="10000":
    cargo build -p chit-sms-gateway -p chit-simulators
    CHIT_SMS_KILLS={{kills}} cargo test -p chit-integration-tests --test sms -- --nocapture a_death_at_any_commit_point
    CHIT_SMS_INBOUND={{inbound}} cargo test -p chit-integration-tests --test sms -- --nocapture many_messages

# What chit and PyPI smspdudecoder read in the PDUs of a file, one in hex at the start of each line.
conformance-sms pdus:
    python3 -m venv .tools/sms-oracle && .tools/sms-oracle/bin/pip install --quiet smspdudecoder==2.2.0 'bitstring<4.3'
    cargo build -p chit-sms-gateway --example sms-pdu
    .tools/sms-oracle/bin/python integration-tests/tests/sms/conformance.py {{pdus}} target/debug/examples/sms-pdu

# Damaged PDUs and AT dialogues, on the stable toolchain.
fuzz-sms executions="10000000" seed="1":
    mkdir -p target/bench && cargo run -p chit-sms-gateway --example sms-fuzz -- {{executions}} {{seed}} | tee target/bench/sms-fuzz.txt

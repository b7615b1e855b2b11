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

# Compiles everything, quickly.
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
    cargo nextest run -p chit-integration-tests --test crash_matrix

# Writes docs/api.md from the interfaces' comments.
docs:
    cargo run --quiet -p chit-integration-tests --bin chit-api-doc

# Licences, advisories and doubles of dependencies (needs cargo-deny).
deny:
    cargo deny check

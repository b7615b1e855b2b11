# Daily recipes. `./deploy/setup` installs this `just` as .tools/bin/just.

set shell := ["bash", "-euo", "pipefail", "-c"]

# bench, crash, fuzz and conformance: what takes minutes and writes figures.
import 'benches/measure.just'

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

# Licences, advisories and doubles of dependencies (needs cargo-deny).
deny:
    cargo deny check

# Writes docs/api.md from the interfaces' comments.
docs:
    cargo run --quiet -p chit-integration-tests --bin chit-api-doc

# Every page in both languages at three sizes, for people to look at: target/screenshots.
screenshots:
    cargo build --workspace --bins --example till_pages
    target/debug/examples/till_pages screenshots

# The device programs against real kernel drivers in a virtual machine: camera, USB printer, modem, scanner, sound.
lab *args:
    ./deploy/setup --lab
    ./deploy/lab/run {{args}}

# The Debian package, in target/package.
package:
    ./deploy/packaging/build

# Makes the package, installs it under a systemd of its own, and restarts and kills its services under load (root).
try-package: package
    cargo build -p chit-simulators
    ./deploy/packaging/try

# Updates a shop with sales in every state from the package of an earlier commit to today's (root; builds that commit first).
try-update commit='a3cf494': package
    cargo build -p chit-simulators
    ./deploy/packaging/older {{commit}}
    ./deploy/packaging/try --from target/older/chit_{{commit}}.deb

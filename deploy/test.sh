#!/usr/bin/env bash
# The whole test suite. Stops at the first step that fails; prints how many tests ran and how many were skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

# A clean clone builds once: what only a second build would use takes as much room as the programs.
[ -z "${CI:-}" ] || export CARGO_INCREMENTAL=0

step() { printf '\n== %s\n' "$*"; }

./deploy/setup
step "format"
cargo fmt --all --check
step "interfaces"
.tools/bin/buf lint
step "lints"
cargo clippy --workspace --all-targets -- -D warnings
# With the tests' features, which are more than the programs': a plain build first would build everything twice.
step "build"
cargo nextest run --workspace --no-run
step "units of the Debian package"
deploy/systemd/check
step "tests"
# The integration tests start the programs that were just built. Tests wait for devices, disks and deadlines more than they work.
log="target/test-summary.txt"
CHIT_MODEL_STEPS=100000 cargo nextest run --workspace --no-fail-fast --test-threads $(($(nproc) * 2)) 2>&1 | tee "$log"
step "left out here: measurements, which recipes run"
cargo nextest list --workspace --run-ignored only 2>/dev/null
step "examples in the documentation"
cargo test --workspace --doc --quiet
step "done"
grep -E '^ +Summary' "$log" | sed -E 's/\x1b\[[0-9;]*m//g; s/^ +//'

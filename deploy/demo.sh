#!/usr/bin/env bash
# Builds everything and runs a whole shop with simulated devices. `--once` plays one script and ends.
set -euo pipefail
cd "$(dirname "$0")/.."

./deploy/setup --demo >&2
echo "demo: building (the first time takes some minutes)" >&2
cargo build --workspace
exec target/debug/chit-demo "$@"

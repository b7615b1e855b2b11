#!/usr/bin/env python3
"""Writes docs/crash-matrix.md and target/bench/crash.json from the rows that the crash matrix left.

A row is {"point", "story", "kills", "outcome", "lost", "doubled"}, one JSON object a line. Fails if a death lost or
doubled something, or if fewer than POINTS_MIN points were passed: then checkout has lost its named points.
"""

import datetime
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROWS = ROOT / "target" / "bench" / "crash-rows.jsonl"
REPORT = ROOT / "target" / "bench" / "crash.json"
DOCS = ROOT / "docs" / "crash-matrix.md"
POINTS_MIN = 24

HEAD = """# Crash matrix

Written by `just crash-sale`; do not edit. Every death is SIGKILL in a whole shop with simulated devices; the service comes
back by itself, and what can be seen from outside (states, the ledger's sums, SMS, facts, papers) is compared with the same
story told without a death. `checkout/…/begin` is the moment at which the state is durable and nothing has happened
outside; `checkout/…/done` the one at which it has happened and nothing of it is stored. Two deaths at a point come in
two lives in a row.
"""


def cpu() -> str:
    found = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return found.group(1) if found else "unknown"


def merged(rows):
    """One line a point and story: deaths at a state come one at a time."""
    points = {}
    for row in rows:
        known = points.setdefault((row["point"], row["story"]), {**row, "kills": 0, "outcomes": []})
        known["kills"] += row["kills"]
        known["lost"] |= row["lost"]
        known["doubled"] |= row["doubled"]
        if row["outcome"] not in known["outcomes"]:
            known["outcomes"].append(row["outcome"])
    return sorted(points.values(), key=lambda row: (not row["point"].startswith("checkout/"), row["point"]))


def main():
    rows = merged(json.loads(line) for line in ROWS.read_text().splitlines())
    lines = [HEAD, "| point | story | kills | outcome | |", "|---|---|---|---|---|"]
    for row in rows:
        verdict = "LOST" if row["lost"] else "DOUBLED" if row["doubled"] else "as undisturbed"
        outcome = " / ".join(row["outcomes"])
        lines.append(f"| `{row['point']}` | {row['story']} | {row['kills']} | {outcome} | {verdict} |")
    DOCS.write_text("\n".join(lines) + "\n")
    points = sum(row["point"].startswith("checkout/") and row["kills"] > 0 for row in rows)
    figures = {
        "points": points,
        "kills": sum(row["kills"] for row in rows),
        "lost": sum(row["lost"] for row in rows),
        "doubled": sum(row["doubled"] for row in rows),
    }
    day = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    report = {"area": "crash", "date": day, "cpu": cpu(), "rounds": 1, "ratios": {}, "figures": figures, **figures}
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(figures))
    if figures["lost"] or figures["doubled"]:
        sys.exit("a death lost or doubled something: see docs/crash-matrix.md")
    if points < POINTS_MIN:
        sys.exit(f"only {points} of checkout's points were passed, {POINTS_MIN} are the least")


if __name__ == "__main__":
    main()

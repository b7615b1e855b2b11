#!/usr/bin/env python3
"""Writes a table of each target/bench/AREA.json into docs/benchmarks.md, between the marks of that area.

A file is {"area", "date", "cpu", "rounds", "ratios": {name: {"median", "min", "max"}}, "figures": {name: value}}.
Text outside the marks is left alone; areas named in SKIP write their own section.
"""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "benchmarks.md"
SKIP = {"ledger"}


def section(bench):
    area = bench["area"]
    lines = [f"<!-- {area}: written by `just bench-docs` -->", f"## {area}", ""]
    lines.append(f"{bench['date']}, {bench['cpu']}, {bench['rounds']} round{'' if bench['rounds'] == 1 else 's'}.")
    if bench["ratios"]:
        lines += ["", "| ratio | median | least | greatest |", "|---|---|---|---|"]
        for name, ratio in sorted(bench["ratios"].items()):
            lines.append(f"| `{name}` | {ratio['median']} | {ratio['min']} | {ratio['max']} |")
    if bench["figures"]:
        lines += ["", "| figure | value |", "|---|---|"]
        lines += [f"| `{name}` | {value} |" for name, value in sorted(bench["figures"].items())]
    return "\n".join(lines + [f"<!-- {area}: end -->"])


def main():
    text = DOCS.read_text() if DOCS.exists() else "# Benchmarks\n"
    for path in sorted((ROOT / "target" / "bench").glob("*.json")):
        bench = json.loads(path.read_text())
        if bench.get("area") in SKIP or not {"area", "date", "cpu", "rounds", "ratios", "figures"} <= bench.keys():
            continue
        new = section(bench)
        old = re.compile(rf"<!-- {bench['area']}: written by .*?<!-- {bench['area']}: end -->", re.S)
        text = old.sub(lambda _: new, text) if old.search(text) else text.rstrip() + "\n\n" + new + "\n"
    DOCS.write_text(text)
    print(DOCS)


if __name__ == "__main__":
    main()

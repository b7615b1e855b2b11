#!/usr/bin/env python3
"""Reads the lab's console, shows each check as it ends, writes target/bench/lab.json; fails unless all passed.

Lines of the console that count begin with "LAB ": a check as JSON, "READY SECONDS …" after the boot, "EXIT 0" at the end.
"""

import datetime
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "target" / "bench" / "lab.json"


def cpu():
    names = re.findall(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return f"{names[0] if names else 'unknown'} x {len(names)} (emulated by qemu TCG)"


def main():
    checks, boot, ended = [], None, False
    for line in sys.stdin.buffer:
        line = line.decode(errors="replace").strip()
        if line.startswith("LAB {"):
            check = json.loads(line[4:])
            checks.append(check)
            mark = "PASS" if check["pass"] else "FAIL"
            print(f"{mark} {check['seconds']:6.1f} s  {check['check']}  {check['detail']}", flush=True)
        elif line.startswith("LAB READY"):
            boot = float(line.split()[2])
            print(f"     {boot:6.1f} s  boot, drivers, udev", flush=True)
        elif line.startswith("LAB "):
            print(line, flush=True)
            ended |= line == "LAB EXIT 0"
    failed = [check["check"] for check in checks if not check["pass"]]
    figures = {"boot_s": boot, "kernel": sys.argv[1], "passed": len(checks) - len(failed), "failed": len(failed)}
    for check in checks:
        outcome = "pass" if check["pass"] else "FAIL"
        figures[check["check"]] = f"{outcome}; {check['detail']}" if check["pass"] and check["detail"] else outcome
    date = datetime.date.today().isoformat()
    bench = {"area": "lab", "date": date, "cpu": cpu(), "rounds": 1, "ratios": {}, "figures": figures}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(bench, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    print(f"{len(checks)} checks, {len(failed)} failed; {OUT.relative_to(ROOT)}")
    if not ended and not failed:
        print("the lab did not come to its end: see target/lab/console.log")
    return 0 if ended and checks and not failed else 1


if __name__ == "__main__":
    sys.exit(main())

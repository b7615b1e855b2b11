"""Compares what chit reads in DELIVER PDUs with what smspdudecoder reads: conformance.py PDUS PROGRAM.

PDUS has a PDU in hex at the start of each line; PROGRAM is target/debug/examples/sms-pdu.
Ends with 1 if a PDU that both read says different things for which no rule below has the reason.
"""

import json
import subprocess
import sys
from collections import Counter
from io import StringIO

from smspdudecoder.easy import read_incoming_sms


def oracle(pdu):
    try:
        said = read_incoming_sms(pdu)
    except Exception as error:  # the oracle raises whatever it runs into
        return {"error": f"{type(error).__name__}"}
    partial = said["partial"]
    content = said["content"]
    return {
        "from": (said["sender"] or "").lstrip("+"),
        "text": content.hex() if isinstance(content, bytes) else content,
        # The oracle appends the number of parts to the reference: "195-2".
        "part": [int(str(partial["reference"]).split("-")[0]), partial["parts_count"], partial["part_number"]] if partial else None,
        "sent_at": int(said["date"].timestamp()) if said["date"] else None,
    }


def differences(ours, theirs):
    ours = dict(ours, **{"from": ours["from"].lstrip("+")})
    return [field for field in ("from", "text", "part", "sent_at") if ours[field] != theirs[field]]


def has_reserved_class_bit(text):
    """Group 1111 of the data coding scheme: bit 3 is reserved, bit 2 alone tells 8-bit data from the default
    alphabet (23.038 clause 4). The oracle reads bits 3 and 2 together and finds UCS-2."""
    pdu = bytes.fromhex(text)
    at = 1 + pdu[0]
    dcs = pdu[at + 3 + (pdu[at + 1] + 1) // 2 + 1]
    return dcs & 0xF8 == 0xF8


def main():
    pdus = [line.split("\t")[0].strip() for line in open(sys.argv[1]) if line.strip()]
    said = subprocess.run([sys.argv[2]], input="\n".join(pdus) + "\n", capture_output=True, text=True, check=True)
    counts, different = Counter(), []
    for pdu, line in zip(pdus, said.stdout.splitlines(), strict=True):
        ours = json.loads(line)
        theirs = oracle(pdu)
        if ours["type"] != "deliver":
            read = ours["type"] == "error" and "error" not in theirs
            counts["read by the oracle only" if read else "no DELIVER"] += 1
            if read:
                print(f"{pdu}: {ours['why']}")
            continue
        if "error" in theirs:
            counts["read by chit only"] += 1
            continue
        wrong = differences(ours, theirs)
        if wrong == ["text"] and has_reserved_class_bit(pdu):
            counts["different for the oracle's reading of a reserved bit"] += 1
            continue
        counts["different" if wrong else "same"] += 1
        if wrong:
            different.append((pdu, wrong, ours, theirs))
    for pdu, wrong, ours, theirs in different:
        print(pdu)
        for field in wrong:
            print(f"  {field}: chit {ours[field]!r}, oracle {theirs[field]!r}")
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

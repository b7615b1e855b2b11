#!/usr/bin/env python3
"""What chit-iso20022 and lxml say of the same bank files: `conformance.py DIR CHECK DAMAGED`.

DIR holds `xsd/` and `samples/`. Every sample that lxml finds valid must be taken. Each is then damaged in many ways; what
lxml refuses, ours has to refuse too, and the other way round, but for what a creditor cannot use although a schema allows it
(an unknown currency, a part of a cent). Those that both refuse are kept in DAMAGED. Last, lxml reads the collections that CHECK
writes.
"""
import collections
import copy
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from lxml import etree

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
DAMAGE_OF_A_SAMPLE = 60
# Ours looks inside, where a schema checker has nothing to say.
OURS_ALONE = ("smallest unit", "no currency of ISO 4217")


def schemas(root):
    found = collections.defaultdict(list)
    for path in sorted(root.glob("xsd/**/*.xsd")):
        if "GBIC" in path.name:
            continue
        schema = etree.XMLSchema(etree.parse(path))
        found[path.stem[:15]].append(schema)
    return found


def message(tree):
    return etree.QName(tree.getroot()).namespace.removeprefix(NAMESPACE)


def valid(tree, known):
    return all(schema.validate(tree) for schema in known[message(tree)])


def damaged(tree, rng):
    copied = copy.deepcopy(tree)
    element = rng.choice([e for e in copied.iter() if isinstance(e.tag, str) and e.getparent() is not None])
    kind = rng.randrange(6)
    parent = element.getparent()
    if kind == 0:
        parent.remove(element)
    elif kind == 1:
        element.tag = f"{{{etree.QName(element).namespace}}}Unknown"
    elif kind == 2:
        parent.insert(parent.index(element), copy.deepcopy(element))
    elif kind == 3 and len(parent) > 1:
        parent.insert(rng.randrange(len(parent)), element)
    elif kind == 4 and len(element) == 0:
        element.text = rng.choice(["", "x" * 36, "x" * 600, "2026-02-30", "-1", "1.123456", "ABCDE"])
    elif "Ccy" in element.attrib:
        element.attrib["Ccy"] = rng.choice(["eur", "EURO", ""])
    else:
        element.tag = f"{{urn:another}}{etree.QName(element).localname}"
    return copied, etree.QName(element).localname


def ask(check, files):
    answers = {}
    for start in range(0, len(files), 200):
        names = [str(name) for name in files[start:start + 200]]
        said = subprocess.run([check, "read", *names], capture_output=True, text=True, check=True).stdout
        for line in said.splitlines():
            verdict, name, reason = line.split("\t", 2)
            answers[name] = (verdict == "taken", reason)
    return answers


def main():
    root, check, kept = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    known, rng, failed = schemas(root), random.Random(1), 0
    samples = [path for path in sorted(root.glob("samples/**/*.xml"))]
    trees = {path: etree.parse(path) for path in samples}
    good = [path for path in samples if valid(trees[path], known)]
    said = ask(check, good)
    for path in good:
        if not said[str(path)][0]:
            failed += 1
            print(f"valid, but refused: {path}: {said[str(path)][1]}")
    print(f"samples: {len(samples)}, valid {len(good)}, taken {sum(said[str(path)][0] for path in good)}")
    counts = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        cases = []
        for path in good:
            for number in range(DAMAGE_OF_A_SAMPLE):
                tree, where = damaged(trees[path], rng)
                name = pathlib.Path(folder, f"{len(cases)}.xml")
                tree.write(name, encoding="UTF-8", xml_declaration=True)
                cases.append((name, path.name, where, valid(tree, known)))
        said = ask(check, [case[0] for case in cases])
        for name, sample, where, lxml in cases:
            taken, reason = said[str(name)]
            if taken == lxml:
                counts["agree, valid" if lxml else "agree, refused"] += 1
                if not lxml:
                    shutil.copy(name, kept)
            elif taken:
                counts["lxml alone refuses"] += 1
                print(f"lxml alone refuses: {sample}, {where}", file=sys.stderr)
            elif any(word in reason for word in OURS_ALONE):
                counts["ours refuses what a creditor cannot use"] += 1
            else:
                failed += 1
                print(f"valid, but refused: {sample}, {where}: {reason}")
    for word, count in sorted(counts.items()):
        print(f"damaged: {word}: {count}")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([check, "write", folder], check=True)
        for path in sorted(pathlib.Path(folder).glob("*.xml")):
            tree = etree.parse(path)
            for schema in known[message(tree)]:
                if not schema.validate(tree):
                    failed += 1
                    print(f"{path.name}: {schema.error_log}")
            print(f"ours: {path.name} of {message(tree)} held against {len(known[message(tree)])} schemas")
    sys.exit(1 if failed else 0)


main()

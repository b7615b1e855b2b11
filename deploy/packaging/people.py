#!/usr/bin/env python3
"""The people of the shop in the trial of an update. `before`: they sell until a sale is in every state, with the older
version's own commands. `after`: each sale is where it was, and everything goes on. Writes /tmp/people.json."""

import glob
import json
import os
import re
import socket
import subprocess
import sys
import time

KEPT = "/tmp/people.json"
WAIT_S = 120


def told(wire, **order):
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(f"/tmp/{wire}.sock")
        link.sendall(json.dumps(order).encode() + b"\n")
        return json.loads(link.makefile().readline())


def until(what, look):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    sys.exit(f"people: {what} did not come")


class Shop:
    def __init__(self):
        lines = open("/tmp/pins").read().splitlines()
        self.pins = {pin["role"]: pin["pin"] for pin in json.loads(lines[-1])["pins"]}
        # An older version has names in its requests, a newer one asks who signed in.
        self.names = b"--cashier" in subprocess.run(["chit", "sale", "--help"], capture_output=True).stdout
        self.sessions = {} if self.names else {
            role: subprocess.run(["chit", "sign-in", name, "--print"], env={**os.environ, "CHIT_PIN": self.pins[role]},
                                 capture_output=True, check=True, text=True).stdout.strip()
            for role, name in (("cashier", "li"), ("supervisor", "wang"), ("owner", "zhao"))}

    def environment(self, role):
        session = {"CHIT_SESSION": self.sessions[role]} if self.sessions else {}
        return {**os.environ, "CHIT_PIN": self.pins["supervisor"], **session}

    def start(self, *words, role="cashier", actor=None):
        named = [actor, {"cashier": "li", "supervisor": "wang", "owner": "zhao"}[role]] if actor and self.names else []
        return subprocess.Popen(["chit", "--json", *words, *named], env=self.environment(role), text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)

    def says(self, *words, **who):
        process = self.start(*words, **who)
        out, errors = process.communicate(timeout=WAIT_S)
        if process.returncode:
            sys.exit(f"people: chit {' '.join(words)}: {out}{errors}")
        return json.loads(out.splitlines()[-1])

    def show(self, sale):
        return self.says("sale", "show", sale)


class Payer:
    def __init__(self, phone, card=None, code=None, asked=()):
        self.phone, self.card, self.code, self.asked = phone, card, code, set(asked)

    def enrol(self, shop, wait=True):
        papers = set(cards())
        enrolled = shop.says("enrol", "--name", "Ada Li", "--phone", self.phone, "--language", "en", "--consent",
                             "--approver", "wang")
        paper = until("a code card", lambda: set(cards()) - papers).pop()
        self.card = dict(re.findall(r"\b(\d\d) (\d{6})\b", open(paper).read()))
        self.code = f"/tmp/code.{self.phone}"
        code = subprocess.run(["zbarimg", "-q", "--raw", enrolled["code_png_path"]], capture_output=True, check=True)
        open(self.code, "wb").write(code.stdout.strip())
        self.payer_id = enrolled["payer_id"]
        if wait:
            self.answer()
            self.until(shop, "ACTIVE")
        return self

    def until(self, shop, state):
        until(f"{state} of {self.phone}", lambda: shop.says("payer", "show", self.payer_id)["state"] == state)

    def row(self):
        for sms in told("modem", cmd="sent")["sent"]:
            asked = re.search(r"row (\d+) of your card", sms["text"])
            if asked and sms["to"].endswith(self.phone[-10:]) and asked[1] not in self.asked:
                self.asked.add(asked[1])
                return asked[1]

    def answer(self, text=None):
        row = until(f"an SMS to {self.phone}", self.row)
        told("modem", cmd="inject_sms", **{"from": "+86" + self.phone, "text": text or self.card[row.zfill(2)]})


def cards():
    return [paper for paper in glob.glob("/tmp/paper/*.txt") if "CODE CARD" in open(paper).read()]


def sell(shop, payer, release=("--release",)):
    return shop.says("sale", *goods(payer), *release, actor="--cashier")["sale_id"]


def goods(payer):
    return "--line", "6901234567892|Tea|1|1250", "--payer-code-file", payer.code, "--same-person"


def sell_without_paper(shop, payer):
    told("printer", cmd="fault", name="paper_out", value=True)
    waiting = shop.start("sale", *goods(payer), actor="--cashier")
    sale = until("a blocked receipt", lambda: next((sale["sale_id"] for sale in shop.says("status")["attention"]
                                                    if "PRINT_BLOCKED" in sale["attention"]), None))
    waiting.kill()
    return sale


def is_in(shop, sale, state):
    until(f"{state} of {sale}", lambda: shop.show(sale)["state"] == state)


def before(shop):
    shop.says("sandbox", "advance", f"{(34 - (time.gmtime().tm_hour + 8) % 24) % 24 or 24}h")
    payers = {name: Payer(f"1380000{number:04}").enrol(shop) for number, name in
              enumerate(("settled", "verified", "asked", "rejected", "voided", "blocked"), 1)}
    # First challenges count among the two messages of a day.
    shop.says("sandbox", "advance", "24h")
    sales = {name: sell(shop, payers[name]) for name in ("settled", "verified", "asked", "rejected")}
    sales["voided"] = sell(shop, payers["voided"], release=())
    shop.says("sale", "void", sales["voided"], "--original-returned", "--approver", "wang")
    for name in ("settled", "verified", "rejected"):
        payers[name].answer("0" if name == "rejected" else None)
        is_in(shop, sales[name], "REJECTED" if name == "rejected" else "VERIFIED")
        if name == "settled":
            shop.says("settle", "run", role="owner", actor="--actor")
            is_in(shop, sales[name], "SETTLED")
    payers["asked"].row_asked = until("an SMS", payers["asked"].row)
    is_in(shop, sales["asked"], "CHALLENGED")
    payers["pending"] = Payer("13800000099").enrol(shop, wait=False)
    sales["blocked"] = sell_without_paper(shop, payers["blocked"])
    kept = {name: {"sale": sale, **{key: shop.show(sale)[key] for key in ("state", "receipt_no", "total")}}
            for name, sale in sales.items()}
    people = {name: {**vars(payer), "asked": sorted(payer.asked)} for name, payer in payers.items()}
    json.dump({"sales": kept, "payers": people}, open(KEPT, "w"))


def after(shop):
    kept = json.load(open(KEPT))
    lost = []
    for name, sale in kept["sales"].items():
        now = shop.show(sale["sale"])
        if any(now[key] != sale[key] for key in ("state", "receipt_no", "total")):
            lost.append(f"{name}: was {sale}, is {now['state']}")
    print("\n".join(lost) or f"people: {len(kept['sales'])} sales are where they were")
    payers = {}
    for name, facts in kept["payers"].items():
        payers[name] = Payer(facts["phone"], facts["card"], facts["code"], facts["asked"])
        payers[name].payer_id = facts["payer_id"]
    sales = {name: sale["sale"] for name, sale in kept["sales"].items()}
    told("printer", cmd="fault", name="paper_out", value=False)
    until("the blocked receipt", lambda: shop.show(sales["blocked"])["receipt"]["state"] == "PRINTED")
    if shop.show(sales["blocked"])["receipt"]["originals"] != 1:
        lost.append("blocked: not one ORIGINAL")
    told("modem", cmd="inject_sms", **{"from": "+86" + payers["asked"].phone,
                                       "text": payers["asked"].card[kept["payers"]["asked"]["row_asked"].zfill(2)]})
    is_in(shop, sales["asked"], "VERIFIED")
    payers["pending"].answer()
    payers["pending"].until(shop, "ACTIVE")
    shop.says("settle", "run", role="owner", actor="--actor")
    for name in ("verified", "asked"):
        is_in(shop, sales[name], "SETTLED")
    shop.says("sale", "refund", sales["settled"], "--approver", "wang")
    print(f"try: updated, {len(lost)} lost")


if __name__ == "__main__":
    {"before": before, "after": after}[sys.argv[1]](Shop())

"""A modem of foreign habits on a pseudo terminal: foreign_modem.py LINK '{"habit": value, …}', or LINK and the name of a
profile in modem_profiles.json.

Written from 27.005 and from what modems of other makers say, and shares nothing with sim-modem. Prints one JSON object
a line ({"event": "submit", "pdu": …}, …); reads orders, one JSON object a line, from standard input; ends with it.
"""
import json
import os
import re
import select
import sys
import threading
import time
import tty

HABITS = {
    "eol": "\r\n",  # between lines
    "numeric": False,  # ATV0 until told otherwise
    "quiet": False,  # ATQ1 until told otherwise
    "echo": True,  # until ATE0
    "echo_stuck": False,  # ATE0 changes nothing
    "prompt": "\r\n> ",
    "spaces": False,  # blanks around all values
    "lower_hex": False,
    "noise": [],  # before each prompt and final answer
    "unknown": [],  # beginnings of commands that it does not know
    "silent": [],  # beginnings of commands that it says nothing to
    "busy": 0,  # so many SMS commands are answered "SIM busy", whenever they come
    "refusal": "ERROR",  # how it says so
    "memories": ["SM"],  # the first one is its own choice
    "memories_max": 3,  # values that CPMS takes
    "places": {},  # of a memory, if not 50: an OK is no room
    "lists_memories": False,  # answers CPMS=?
    "announce_in": None,  # the memory of +CMTI, if not the chosen one
    "words": False,  # <stat> of CMGL
    "cnmi": r"2,1,0,1,0",  # what it takes
    "cnmi_offer": "",  # what it answers to CNMI=?
    "cnmi_refusal": "",  # how it refuses all else
    "wants_acks": False,  # CSMS 1 and nothing else: no more +CDS without CNMA
    "slow_ms": 0,
    "slow": [""],  # beginnings of the commands that take so long
    "pin": "",  # what CPIN? asks for, if not READY
    "garbage": "",  # when the port is opened for the first time
    "twice": False,  # each final answer
    "late_twin_ms": 0,  # and the second one comes later
    "cpin_without_ok": False,
    "cpin_ok_late_ms": 0,  # it comes, but later
    "creg": "0,1",
    "report_length_wrong": 0,
    "smsc": "00",  # before what it hands over
    "reference": True,  # whether +CMGS comes at all
    "constant_reference": None,  # the one that every message gets
    "bearer": None,  # the one value of CGSMS with which anything goes out
    "ussd": "",  # the operator's answer
    "clock": "",  # of the network
    "always_ok": False,  # anything unknown is answered OK, without a value
    "bare_at": "OK",
    "imei": "",
    "dead_until_cfun": False,
}


class Modem:
    def __init__(self, link, habits):
        self.h = {**HABITS, **habits}
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        if os.path.lexists(link):
            os.unlink(link)
        os.symlink(os.ttyname(self.slave), link)
        self.lock = threading.RLock()
        self.stores = {name: {} for name in {*self.h["memories"], "SR"}}
        self.chosen = self.h["memories"][0]
        self.subscribed = ""
        self.acks_owed = 0
        self.waiting = []  # reports that wait for an acknowledgement
        self.prompted = False
        self.line = ""
        self.reference = 200
        self.bearer = 1
        self.submitted = 0
        self.dead = self.h["dead_until_cfun"]

    def say(self, **event):
        print(json.dumps(event), flush=True)

    def put(self, text):
        os.write(self.master, text.encode("latin-1"))

    def tell(self, text):
        """An information line, or news."""
        if self.h["spaces"]:
            text = re.sub(r",", " , ", re.sub(r"^(\+\w+:) ?", r"\1   ", text)) + " "
        eol = self.h["eol"]
        self.put(f"{eol}{text}{eol}")

    def pdu(self, text):
        return text.lower() if self.h["lower_hex"] else text

    def final(self, text):
        for line in self.h["noise"]:
            self.tell(line)
        if self.h["quiet"]:
            return
        if self.h["numeric"]:
            text = {"OK": "0", "ERROR": "4"}.get(text, text)
            once = f"{text}\r"
        else:
            once = f"{self.h['eol']}{text}{self.h['eol']}"
        self.put(once)
        if self.h["twice"]:
            time.sleep(self.h["late_twin_ms"] / 1000)
            self.put(once)

    def serve(self):
        if self.h["garbage"]:
            self.put(self.h["garbage"])
        orders = ""
        while True:
            ready, _, _ = select.select([self.master, 0], [], [])
            if 0 in ready:
                more = os.read(0, 65536).decode()
                if not more:
                    return
                orders += more
                while "\n" in orders:
                    order, orders = orders.split("\n", 1)
                    with self.lock:
                        self.order(json.loads(order))
            if self.master in ready:
                for char in os.read(self.master, 4096).decode("latin-1"):
                    self.hear(char)

    def order(self, order):
        if "sms" in order:
            memory = self.h["announce_in"] or self.chosen
            store = self.stores.setdefault(memory, {})
            at = next(n for n in range(7, 300) if n not in store)
            store[at] = order["sms"]
            self.tell(f'+CMTI: "{memory}",{at}')
        if "report" in order:
            self.waiting.append(order["report"])
            self.hand_over()
        if "reset" in order:
            # Power was gone for a moment: every setting is as at the start, and it says nothing of it.
            self.h["echo"], self.subscribed, self.chosen = order["reset"], "", self.h["memories"][0]
        if "used" in order:
            self.say(event="used", used=sum(len(store) for store in self.stores.values()))

    def hand_over(self):
        ds = (self.subscribed.split(",") + ["", "", "", ""])[3]
        while self.waiting and not (self.h["wants_acks"] and self.acks_owed):
            report = self.waiting.pop(0)
            if ds == "1":
                self.tell(f"+CDS: {len(report) // 2 + self.h['report_length_wrong']}")
                self.tell(self.pdu(report))
                self.acks_owed += 1
            elif ds == "2":
                at = len(self.stores["SR"])
                self.stores["SR"][at] = report
                self.tell(f'+CDSI: "SR",{at}')

    def hear(self, char):
        if self.dead and not self.line.endswith("CFUN=1,1"):
            self.line = "" if char in "\r\x1b" else self.line + char
            return
        if self.prompted:
            if char == "\x1b":
                self.prompted, self.line = False, ""
                self.final("OK")
            elif char == "\x1a":
                self.prompted, pdu, self.line = False, self.line, ""
                if self.h["echo"]:
                    self.put(pdu + self.h["eol"])
                self.submit(pdu)
            else:
                self.line += char
            return
        if char != "\r":
            # Escape outside a prompt is nothing; a line feed after it neither.
            self.line += char if char not in "\x1b\n" else ""
            return
        line, self.line = self.line, ""
        if self.h["echo"]:
            self.put(line + "\r")
        if line[:2].upper() == "AT":
            if any(line[2:].startswith(slow) for slow in self.h["slow"]):
                time.sleep(self.h["slow_ms"] / 1000)
            with self.lock:
                self.command(line[2:])

    def submit(self, pdu):
        if self.h["bearer"] not in (None, self.bearer):
            return self.final("+CMS ERROR: 41")
        self.submitted += 1
        constant = self.h["constant_reference"]
        self.reference = (self.reference + 1) % 256 if constant is None else constant
        self.say(event="submit", pdu=pdu.strip(), reference=self.reference)
        for line in self.h["noise"]:
            self.tell(line)
        if self.h["reference"]:
            self.tell(f"+CMGS: {self.reference}")
        self.final("OK")

    def command(self, text):
        name = text.split("=")[0].rstrip("?")
        if any(text.startswith(unknown) for unknown in self.h["unknown"]):
            return self.final(self.h["refusal"])
        if any(text.startswith(silent) for silent in self.h["silent"]):
            return None
        if self.h["busy"] and text.startswith(("+CPMS=", "+CNMI=", "+CMGL")):
            self.h["busy"] -= 1
            return self.final("+CMS ERROR: 314")
        self.say(event="command", text=text)
        if text == "":
            return self.final(self.h["bare_at"])
        if name[0] not in "+^":
            return self.basic(text)
        answer = getattr(self, name[1:].lower(), None)
        if answer is None or answer(text) is None:
            self.final("OK" if self.h["always_ok"] else self.h["refusal"])

    def basic(self, text):
        for letter, number in re.findall(r"([A-Z&])(\d?)", text):
            number = number or "0"
            if letter == "E" and not self.h["echo_stuck"]:
                self.h["echo"] = number == "1"
            elif letter == "V":
                self.h["numeric"] = number == "0"
            elif letter == "Q":
                self.h["quiet"] = number == "1"
        self.final("OK")

    def done(self, *lines):
        for line in lines:
            self.tell(line)
        self.final("OK")
        return True

    def cpin(self, text):
        if text != "+CPIN?":
            self.say(event="pin", text=text)
            return None
        if self.h["pin"]:
            return self.done(f"+CPIN: {self.h['pin']}")
        if self.h["cpin_without_ok"]:
            self.tell("+CPIN: READY")
            return True
        if self.h["cpin_ok_late_ms"]:
            self.tell("+CPIN: READY")
            threading.Timer(self.h["cpin_ok_late_ms"] / 1000, self.final, ["OK"]).start()
            return True
        return self.done("+CPIN: READY")

    def creg(self, text):
        return self.done(f"+CREG: {self.h['creg']}") if text == "+CREG?" else self.done()

    def cmgf(self, text):
        return self.done("+CMGF: 0") if text == "+CMGF?" else self.done()

    def csms(self, text):
        service = int(self.h["wants_acks"])
        if text == "+CSMS?":
            return self.done(f"+CSMS: {service},1,1,1")
        return None if text != f"+CSMS={service}" else self.done("+CSMS: 1,1,1")

    def csq(self, text):
        return self.done("+CSQ: 20,99")

    def cgsn(self, text):
        return self.done(self.h["imei"]) if self.h["imei"] else None

    def cgmi(self, text):
        return self.done(" FOREIGN MODEM")

    def cpms(self, text):
        def count(name):
            return f"{len(self.stores[name])},{self.h['places'].get(name, 50)}"

        if text == "+CPMS=?":
            offer = "(" + ",".join(f'"{name}"' for name in self.h["memories"]) + ")"
            return self.done(f"+CPMS: {offer},{offer},{offer}") if self.h["lists_memories"] else None
        if text == "+CPMS?":
            return self.done("+CPMS: " + ",".join(f'"{self.chosen}",{count(self.chosen)}' for _ in range(3)))
        names = re.findall(r'"(\w+)"', text)
        known = {*self.h["memories"], *(["SR"] if ",2," in self.subscribed else []), self.h["announce_in"]}
        if not names or len(names) > self.h["memories_max"] or not {*names} <= known:
            return None
        self.chosen = names[0]
        self.stores.setdefault(self.chosen, {})
        return self.done("+CPMS: " + ",".join(count(self.chosen) for _ in names))

    def cnmi(self, text):
        if text == "+CNMI?":
            return self.done(f"+CNMI: {self.subscribed or '0,0,0,0,0'}")
        if text == "+CNMI=?":
            return self.done(f"+CNMI: {self.h['cnmi_offer']}") if self.h["cnmi_offer"] else None
        values = text.removeprefix("+CNMI=")
        if not re.fullmatch(self.h["cnmi"], values):
            if self.h["cnmi_refusal"]:
                self.final(self.h["cnmi_refusal"])
                return True
            return None
        self.subscribed = values
        return self.done()

    def cmgl(self, text):
        lines = []
        for at, pdu in list(self.stores[self.chosen].items()):
            stat = '"REC UNREAD"' if self.h["words"] else "0"
            lines += [f"+CMGL: {at},{stat},,{len(pdu) // 2 - 1}", self.pdu(pdu)]
        return self.done(*lines)

    def cmgd(self, text):
        at = int(re.match(r"\+CMGD=\s*(\d+)", text).group(1))
        return None if self.stores[self.chosen].pop(at, None) is None else self.done()

    def cmgs(self, text):
        for line in self.h["noise"]:
            self.tell(line)
        self.prompted = True
        self.put(self.h["prompt"])
        return True

    def cnma(self, text):
        if not self.acks_owed:
            return None
        self.acks_owed = 0
        self.done()
        self.hand_over()
        return True

    def cgsms(self, text):
        if self.h["bearer"] is None:
            return None
        if text == "+CGSMS?":
            return self.done(f"+CGSMS: {self.bearer}")
        if text == "+CGSMS=?":
            return self.done("+CGSMS: (0-3)")
        self.bearer = int(text.removeprefix("+CGSMS="))
        return self.done()

    def cusd(self, text):
        if not self.h["ussd"]:
            return None
        self.done()
        if text.startswith("+CUSD=1,"):
            self.tell(f'+CUSD: 0,"{self.h["ussd"]}",15')
        return True

    def ctzu(self, text):
        return self.done() if self.h["clock"] else None

    def cclk(self, text):
        return self.done(f'+CCLK: "{self.h["clock"]}"') if self.h["clock"] else None

    def cfun(self, text):
        self.say(event="restart")
        self.dead = False
        return self.done()


def habits(argument):
    """As they stand there, or of a named profile."""
    if argument.startswith("{"):
        return json.loads(argument)
    with open(os.path.join(os.path.dirname(__file__), "modem_profiles.json"), encoding="utf-8") as profiles:
        return json.load(profiles)[argument]["habits"]


if __name__ == "__main__":
    modem = Modem(sys.argv[1], habits(sys.argv[2]))
    modem.say(event="ready")
    modem.serve()

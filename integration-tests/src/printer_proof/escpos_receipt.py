"""The English receipt of papers.rs, printed by python-escpos as its manual shows; prints milliseconds, one a receipt."""

import sys
import time

from escpos.printer import Network

QR = sys.argv[3]
GOODS = [
    ("Jasmine tea 500 ml", "2 x 3.50", "7.00"),
    ("Gala apples, loose", "1.25 x 12.00", "15.00"),
    ("Instant noodles, beef", "3 x 4.50", "13.50"),
    ("Fresh eggs, 10", "1 x 12.80", "12.80"),
    ("Pen, blue", "1 x 5.90", "5.90"),
    ("Gift box of the season with a ribbon and a card", "1 x 18.98", "18.98"),
]


def pair(left, right):
    return left + right.rjust(48 - len(left)) + "\n"


def receipt(p):
    p.set(align="center", bold=True, double_width=True, double_height=True)
    p.text("Lucky Corner Shop\n")
    p.set(align="center", bold=False, normal_textsize=True)
    p.text("12 Wensan Road, Hangzhou\n\n")
    p.set(align="left")
    p.text(pair("No 20261124-000183", "2026-11-24 11:42"))
    p.text(pair("Till 02  Cashier Li", "ORIGINAL"))
    p.text("-" * 48 + "\n")
    for name, count, total in GOODS:
        p.text(name + "\n")
        p.text(pair("  " + count, total))
    p.text("-" * 48 + "\n6 items\n")
    p.set(bold=True, double_width=True, double_height=True)
    p.text("TOTAL" + "CNY 73.18".rjust(19) + "\n")
    p.set(bold=False, normal_textsize=True)
    p.text("-" * 48 + "\n")
    p.text(pair("Payer account (QR)", "****6417"))
    p.set(bold=True)
    p.text(pair("Status", "not charged yet: confirm by SMS"))
    p.set(bold=False)
    p.text("You will get an SMS from +86 571 8888 0000.\nPlease answer it as it says.\n\n")
    p.set(align="center")
    p.qr(QR, size=5, native=True)
    p.text("Lookup code 7Q4F-9KD2\nQuestions? Scan this, or quote the lookup code\n\n")
    p.text("Pictures, goods kept until 2027-02-24 or longer\nThis is not a tax invoice\n")
    p.text("photo 1a1a1a1a1a1a  goods b2b2b2b2b2b2\n")
    p.cut()


printer = Network("127.0.0.1", int(sys.argv[1]), profile="TM-T20II")
for _ in range(int(sys.argv[2])):
    began = time.perf_counter()
    receipt(printer)
    print(f"{(time.perf_counter() - began) * 1000:.3f}")

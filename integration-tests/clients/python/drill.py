"""Another POS, in Python: sells over mutual TLS, watches, survives a restart of checkout, and retries by request_id."""

import argparse
import importlib
import json
import pathlib
import sys
import tempfile
import threading
import time
import uuid

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from grpc_tools import protoc

CALL_MAX_S = 10.0
WAIT_MAX_S = 60.0
PAUSE_S = 0.1


def say(**line):
    print(json.dumps(line), flush=True)


def generated(proto_dir):
    """Compiles Chit's interfaces and returns its modules."""
    out = tempfile.mkdtemp(prefix="chit-stubs-")
    protos = sorted(str(path) for path in pathlib.Path(proto_dir).glob("chit/**/*.proto"))
    google = pathlib.Path(protoc.__file__).parent / "_proto"
    args = ["protoc", f"-I{proto_dir}", f"-I{google}", f"--python_out={out}", f"--grpc_python_out={out}", *protos]
    if protoc.main(args) != 0:
        sys.exit("protoc failed")
    sys.path.insert(0, out)
    names = ("sale_pb2", "sale_pb2_grpc", "shop_pb2", "shop_pb2_grpc")
    return [importlib.import_module(f"chit.checkout.v1.{name}") for name in names]


def error_info(error):
    """What a refusal says: code, reason, and the field if one is wrong."""
    told = {"code": error.code().name, "reason": "", "field": ""}
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            told["reason"] = info.reason
        elif detail.Unpack(bad) and bad.field_violations:
            told["field"] = bad.field_violations[0].field
    return told


def is_lost(error):
    """Whether the connection was lost; then it is unknown whether checkout acted, and the same request_id is sent again."""
    lost = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN)
    told = error_info(error)
    return error.code() in lost and told["reason"] in ("", "SERVICE_STOPPING", "SERVICE_UNREACHABLE", "LEDGER_UNREACHABLE")


def until_answered(method, request):
    """The answer, and how many tries it took."""
    deadline = time.monotonic() + WAIT_MAX_S
    tries = 1
    while True:
        try:
            return method(request, timeout=CALL_MAX_S), tries
        except grpc.RpcError as error:
            if not is_lost(error) or time.monotonic() > deadline:
                raise
        tries += 1
        time.sleep(PAUSE_S)


class Watcher(threading.Thread):
    """Follows one sale from revision to revision, over restarts."""

    def __init__(self, events, shop_pb2, sale_id):
        super().__init__(daemon=True)
        self.events, self.pb, self.sale_id = events, shop_pb2, sale_id
        self.revision, self.reconnects, self.last = 0, 0, None
        self.changed = threading.Condition()

    def run(self):
        while True:
            request = self.pb.WatchEventsRequest(after_revision=self.revision, subject_id=self.sale_id)
            try:
                for answer in self.events.WatchEvents(request):
                    with self.changed:
                        self.revision, self.last = answer.event.revision, answer.event.sale
                        self.changed.notify_all()
            except grpc.RpcError as error:
                if not is_lost(error):
                    raise
            self.reconnects += 1
            time.sleep(PAUSE_S)

    def until(self, wanted):
        with self.changed:
            if not self.changed.wait_for(lambda: self.last is not None and wanted(self.last), WAIT_MAX_S):
                sys.exit(f"no such event of sale {self.sale_id}; the last was {self.last}")
            return self.last


def main():
    parser = argparse.ArgumentParser()
    for name in ("target", "proto", "ca", "cert", "key"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--amount-minor", type=int, required=True)
    args = parser.parse_args()
    sale_pb2, sale_grpc, shop_pb2, shop_grpc = generated(args.proto)
    read = lambda path: pathlib.Path(path).read_bytes()
    channel = grpc.secure_channel(
        args.target,
        grpc.ssl_channel_credentials(read(args.ca), read(args.key), read(args.cert)),
        # The default waits up to two minutes before it tries again.
        options=[("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500)],
    )
    sales, events = sale_grpc.SaleServiceStub(channel), shop_grpc.EventServiceStub(channel)
    payer_code = sys.stdin.readline().strip()
    new_id = lambda: str(uuid.uuid4())

    start = sale_pb2.StartSaleRequest(request_id=new_id())
    sale = sales.StartSale(start, timeout=CALL_MAX_S).sale
    same_answer = sales.StartSale(start, timeout=CALL_MAX_S).sale == sale
    watcher = Watcher(events, shop_pb2, sale.sale_id)
    watcher.start()

    def basket(request_id, amount, total):
        request = sale_pb2.SetBasketRequest(request_id=request_id, sale_id=sale.sale_id)
        request.lines.add(description="Tea 茶", quantity_milli=1000, unit_price_minor=amount, total_minor=amount)
        request.total.amount_minor, request.total.currency_code = total, "CNY"
        return request

    basket_id = new_id()
    sales.SetBasket(basket(basket_id, args.amount_minor, args.amount_minor), timeout=CALL_MAX_S)

    refused = {}

    def must_be_refused(name, method, request):
        try:
            method(request, timeout=CALL_MAX_S)
            sys.exit(f"{name} was not refused")
        except grpc.RpcError as error:
            refused[name] = error_info(error)

    must_be_refused("same_id_other_body", sales.SetBasket, basket(basket_id, 1, 1))
    must_be_refused("wrong_total", sales.SetBasket, basket(new_id(), 500, 501))
    must_be_refused("unknown_sale", sales.GetSale, sale_pb2.GetSaleRequest(sale_id="01ARZ3NDEKTSV4RRFFQ69G5FAV"))
    advance = shop_pb2.AdvanceClockRequest()
    advance.by.seconds = 60
    must_be_refused("sandbox", shop_grpc.SandboxServiceStub(channel).AdvanceClock, advance)

    present = sale_pb2.PresentPayerRequest(request_id=new_id(), sale_id=sale.sale_id, code=payer_code.encode(), engine="python")
    sales.PresentPayer(present, timeout=CALL_MAX_S)
    confirm = sale_pb2.ConfirmPersonRequest(request_id=new_id(), sale_id=sale.sale_id, same_person=True)
    sales.ConfirmPerson(confirm, timeout=CALL_MAX_S)

    say(step="restart")
    sys.stdin.readline()
    commit = sale_pb2.CommitSaleRequest(request_id=new_id(), sale_id=sale.sale_id)
    committed, tries = until_answered(sales.CommitSale, commit)
    again, _ = until_answered(sales.CommitSale, commit)
    same_answer = same_answer and again == committed

    watcher.until(lambda seen: sale_pb2.ATTENTION_RELEASE in seen.attention)
    release = sale_pb2.ReleaseSaleRequest(request_id=new_id(), sale_id=sale.sale_id)
    released, _ = until_answered(sales.ReleaseSale, release)
    again, _ = until_answered(sales.ReleaseSale, release)
    same_answer = same_answer and again == released
    queued = watcher.until(lambda seen: seen.state >= sale_pb2.SALE_STATE_QUEUED)
    say(
        step="done",
        sale_id=queued.sale_id,
        receipt_no=queued.receipt_no,
        state=sale_pb2.SaleState.Name(queued.state),
        amount_minor=queued.total.amount_minor,
        same_answer=same_answer,
        commit_tries=tries,
        watch_reconnects=watcher.reconnects,
        refused=refused,
    )


if __name__ == "__main__":
    main()

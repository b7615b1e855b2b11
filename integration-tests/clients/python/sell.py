"""Sells one cup of tea. A start for your own client; docs/api.md has the rest.

    pip install grpcio grpcio-tools
    python sell.py CHIT/proto HOST:PORT ca.pem till-2.pem till-2.key < payer-code.txt
"""
import sys
import time
import uuid

import grpc

sys.excepthook = lambda kind, error, _: print(f"{kind.__name__}: {error}", file=sys.stderr)
proto, target, *files = sys.argv[1:]
sys.path.insert(0, proto)
pb, rpc = grpc.protos_and_services("chit/checkout/v1/sale.proto")
shop_pb, shop_rpc = grpc.protos_and_services("chit/checkout/v1/shop.proto")
ca, cert, key = (open(file, "rb").read() for file in files)
channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(ca, key, cert))
sales, events = rpc.SaleServiceStub(channel), shop_rpc.EventServiceStub(channel)

def change(name, **fields):  # the same request_id until there is an answer
    request = getattr(pb, name + "Request")(request_id=str(uuid.uuid4()), **fields)
    while True:
        try:
            return getattr(sales, name)(request, timeout=10, wait_for_ready=True).sale
        except grpc.RpcError as error:
            if error.code().name not in ("UNAVAILABLE", "CANCELLED", "UNKNOWN"):
                sys.exit(f"{name}: {error.code().name}, {error.details()}")
        time.sleep(0.5)

sale_id = change("StartSale").sale_id
tea = dict(description="Tea", quantity_milli=1000, unit_price_minor=350, total_minor=350)
change("SetBasket", sale_id=sale_id, lines=[tea], total=dict(amount_minor=350, currency_code="CNY"))
change("PresentPayer", sale_id=sale_id, code=sys.stdin.readline().strip().encode(), engine="sample")
change("ConfirmPerson", sale_id=sale_id, same_person=True)
change("CommitSale", sale_id=sale_id)
for answer in events.WatchEvents(shop_pb.WatchEventsRequest(subject_id=sale_id)):
    if pb.ATTENTION_RELEASE in answer.event.sale.attention:  # the receipt is out
        break
print("sold:", change("ReleaseSale", sale_id=sale_id).receipt_no)

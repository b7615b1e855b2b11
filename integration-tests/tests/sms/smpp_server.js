// An SMPP server for the test, on npm `smpp`: takes messages, sends receipts, and hands in what the test writes.
// Prints one JSON object a line; reads orders, one JSON object a line, from standard input; ends with it.
const smpp = require("smpp");
const readline = require("readline");

const say = (object) => process.stdout.write(JSON.stringify(object) + "\n");
let bound = null;
let number = 0;
let swallow = 0;
let lost = null;

const server = smpp.createServer((session) => {
  session.on("error", () => {});
  session.on("bind_transceiver", (pdu) => {
    const right = pdu.system_id === "chit" && pdu.password === "secret";
    session.send(pdu.response({ command_status: right ? 0 : smpp.ESME_RBINDFAIL }));
    if (right) {
      bound = session;
      say({ event: "bound", version: pdu.interface_version });
      if (lost) {
        // The acknowledgement was not heard, so it is delivered again.
        session.deliver_sm(lost);
        lost = null;
      }
    }
  });
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => session.send(pdu.response()));
  session.on("deliver_sm_resp", () => {
    say({ event: "taken" });
    if (lost) {
      session.destroy();
    }
  });
  session.on("submit_sm", (pdu) => {
    number += 1;
    const text = typeof pdu.short_message.message === "string" ? pdu.short_message.message : pdu.short_message.message.toString("hex");
    say({ event: "submit", to: pdu.destination_addr, text, udh: Boolean(pdu.short_message.udh), receipt: pdu.registered_delivery });
    if (swallow > 0) {
      swallow -= 1;
      return;
    }
    session.send(pdu.response({ message_id: `n${number}` }));
    session.deliver_sm({
      source_addr: pdu.destination_addr,
      destination_addr: pdu.source_addr,
      esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
      short_message: `id:n${number} sub:001 dlvrd:001 submit date:2611240000 done date:2611240001 stat:DELIVRD err:000 text:`,
    });
  });
});

server.listen(0, "127.0.0.1", () => say({ event: "listening", port: server.address().port }));

readline
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const order = JSON.parse(line);
    if (order.swallow) {
      swallow = order.swallow;
    } else {
      const letter = { source_addr_ton: order.ton ?? 1, source_addr_npi: 1, source_addr: order.from, destination_addr: "13900000001", short_message: order.text };
      lost = order.lose ? letter : null;
      bound.deliver_sm({ ...letter });
    }
  })
  .on("close", () => process.exit(0));

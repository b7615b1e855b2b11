// Sells one cup of tea. A start for your own client; docs/api.md has the rest.
//     npm install @grpc/grpc-js @grpc/proto-loader
//     node sell.js CHIT/proto HOST:PORT ca.pem till-2.pem till-2.key < payer-code.txt
const fs = require('node:fs');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [proto, target, ...files] = process.argv.slice(2);
const protos = ['chit/checkout/v1/sale.proto', 'chit/checkout/v1/shop.proto'];
const types = loader.loadSync(protos, { includeDirs: [proto], keepCase: true, enums: String, defaults: true });
const { SaleService, EventService } = grpc.loadPackageDefinition(types).chit.checkout.v1;
const [ca, cert, key] = files.map((file) => fs.readFileSync(file));
const credentials = grpc.credentials.createSsl(ca, key, cert);
const [sales, events] = [new SaleService(target, credentials), new EventService(target, credentials)];

async function change(name, fields) { // the same request_id until there is an answer
  const request = { request_id: crypto.randomUUID(), ...fields };
  for (;; await new Promise((wake) => setTimeout(wake, 500))) {
    const [error, answer] = await new Promise((told) => sales[name](request, { deadline: Date.now() + 10_000 }, (...both) => told(both)));
    if (!error) return answer.sale;
    if (![grpc.status.UNAVAILABLE, grpc.status.CANCELLED, grpc.status.UNKNOWN].includes(error.code)) throw Error(`${name}: ${error.message}`);
  }
}

(async () => {
  const code = fs.readFileSync(0, 'utf8').trim();
  const { sale_id } = await change('StartSale', {});
  const tea = { description: 'Tea', quantity_milli: 1000, unit_price_minor: 350, total_minor: 350 };
  await change('SetBasket', { sale_id, lines: [tea], total: { amount_minor: 350, currency_code: 'CNY' } });
  await change('PresentPayer', { sale_id, code: Buffer.from(code), engine: 'sample' });
  await change('ConfirmPerson', { sale_id, same_person: true });
  await change('CommitSale', { sale_id });
  for await (const { event } of events.WatchEvents({ subject_id: sale_id })) {
    if (event.sale.attention.includes('ATTENTION_RELEASE')) break; // the receipt is out
  }
  console.log('sold:', (await change('ReleaseSale', { sale_id })).receipt_no);
})().then(() => process.exit(), (error) => { console.error(error.message); process.exit(1); });

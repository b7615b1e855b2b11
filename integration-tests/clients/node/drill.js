// Another POS, in JavaScript: sells over mutual TLS, watches, survives a restart of checkout, and retries by request_id.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const readline = require('node:readline');
const { isDeepStrictEqual, parseArgs } = require('node:util');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');
const protobuf = require('protobufjs');

const CALL_MAX_MS = 10_000;
const WAIT_MAX_MS = 60_000;
const PAUSE_MS = 100;

// google/rpc/status.proto and error_details.proto, as far as they are read here.
const rpc = protobuf.parse(`
  syntax = "proto3";
  package google.rpc;
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; }
  message BadRequest { message FieldViolation { string field = 1; string description = 2; } repeated FieldViolation field_violations = 1; }
`, { keepCase: true }).root;

const say = (line) => console.log(JSON.stringify(line));
const newId = () => crypto.randomUUID();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function fail(message) {
  console.error(message);
  process.exit(1);
}

// What a refusal says: code, reason, and the field if one is wrong.
function errorInfo(error) {
  const told = { code: grpc.status[error.code], reason: '', field: '' };
  const bytes = error.metadata?.get('grpc-status-details-bin')[0];
  const details = bytes ? rpc.lookupType('google.rpc.Status').decode(bytes).details : [];
  for (const { type_url: url, value } of details) {
    if (url.endsWith('google.rpc.ErrorInfo')) {
      told.reason = rpc.lookupType('google.rpc.ErrorInfo').decode(value).reason;
    } else if (url.endsWith('google.rpc.BadRequest')) {
      told.field = rpc.lookupType('google.rpc.BadRequest').decode(value).field_violations[0].field;
    }
  }
  return told;
}

// Whether the connection was lost; then it is unknown whether checkout acted, and the same request_id is sent again.
function isLost(error) {
  const lost = [grpc.status.UNAVAILABLE, grpc.status.CANCELLED, grpc.status.UNKNOWN, grpc.status.INTERNAL];
  const ours = ['', 'SERVICE_STOPPING', 'SERVICE_UNREACHABLE', 'LEDGER_UNREACHABLE'];
  return lost.includes(error.code) && ours.includes(errorInfo(error).reason);
}

function call(client, method, request) {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + CALL_MAX_MS };
    client[method](request, options, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

// The answer, and how many tries it took.
async function untilAnswered(client, method, request) {
  const deadline = Date.now() + WAIT_MAX_MS;
  for (let tries = 1; ; tries += 1) {
    try {
      return [await call(client, method, request), tries];
    } catch (error) {
      if (!isLost(error) || Date.now() > deadline) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

// Follows one sale from revision to revision, over restarts.
class Watcher {
  constructor(events, saleId) {
    Object.assign(this, { events, saleId, revision: '0', reconnects: 0, last: null, waiting: [] });
    this.open();
  }

  open() {
    const stream = this.events.WatchEvents({ after_revision: this.revision, subject_id: this.saleId });
    let over = false;
    const again = async () => {
      if (over) return;
      over = true;
      this.reconnects += 1;
      await sleep(PAUSE_MS);
      this.open();
    };
    stream.on('data', ({ event }) => {
      this.revision = event.revision;
      this.last = event.sale;
      this.waiting = this.waiting.filter(({ wanted, resolve }) => !wanted(this.last) || void resolve(this.last));
    });
    stream.on('error', (error) => (isLost(error) ? again() : fail(error)));
    stream.on('end', again);
  }

  until(wanted) {
    if (this.last && wanted(this.last)) return Promise.resolve(this.last);
    return new Promise((resolve) => {
      this.waiting.push({ wanted, resolve });
      setTimeout(() => fail(`no such event of sale ${this.saleId}`), WAIT_MAX_MS).unref();
    });
  }
}

async function main() {
  const names = ['target', 'proto', 'ca', 'cert', 'key', 'amount-minor'];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  const args = parseArgs({ options }).values;
  const protos = ['chit/checkout/v1/sale.proto', 'chit/checkout/v1/shop.proto'];
  const loaded = protoLoader.loadSync(protos, {
    includeDirs: [args.proto], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true,
  });
  const { SaleService, EventService, SandboxService } = grpc.loadPackageDefinition(loaded).chit.checkout.v1;
  const stateNumber = (name) => loaded['chit.checkout.v1.SaleState'].type.value.find((v) => v.name === name).number;
  const credentials = grpc.credentials.createSsl(...[args.ca, args.key, args.cert].map((file) => fs.readFileSync(file)));
  // The default waits up to two minutes before it tries again.
  const channel = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 500 };
  const to = (Service) => new Service(args.target, credentials, channel);
  const [sales, events, sandbox] = [SaleService, EventService, SandboxService].map(to);
  const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const payerCode = (await lines.next()).value.trim();
  const amountMinor = Number(args['amount-minor']);

  const start = { request_id: newId() };
  const { sale } = await call(sales, 'StartSale', start);
  let sameAnswer = isDeepStrictEqual((await call(sales, 'StartSale', start)).sale, sale);
  const saleId = sale.sale_id;
  const watcher = new Watcher(events, saleId);

  const basket = (requestId, amount, total) => ({
    request_id: requestId,
    sale_id: saleId,
    lines: [{ description: 'Tea 茶', quantity_milli: 1000, unit_price_minor: amount, total_minor: amount }],
    total: { amount_minor: total, currency_code: 'CNY' },
  });
  const basketId = newId();
  await call(sales, 'SetBasket', basket(basketId, amountMinor, amountMinor));

  const refused = {};
  const mustBeRefused = async (name, client, method, request) => {
    await call(client, method, request).then(
      () => fail(`${name} was not refused`),
      (error) => { refused[name] = errorInfo(error); },
    );
  };
  await mustBeRefused('same_id_other_body', sales, 'SetBasket', basket(basketId, 1, 1));
  await mustBeRefused('wrong_total', sales, 'SetBasket', basket(newId(), 500, 501));
  await mustBeRefused('unknown_sale', sales, 'GetSale', { sale_id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' });
  await mustBeRefused('sandbox', sandbox, 'AdvanceClock', { by: { seconds: 60 } });

  const code = Buffer.from(payerCode);
  await call(sales, 'PresentPayer', { request_id: newId(), sale_id: saleId, code, engine: 'node' });
  await call(sales, 'ConfirmPerson', { request_id: newId(), sale_id: saleId, same_person: true });

  say({ step: 'restart' });
  await lines.next();
  const commit = { request_id: newId(), sale_id: saleId };
  const [committed, tries] = await untilAnswered(sales, 'CommitSale', commit);
  const [committedAgain] = await untilAnswered(sales, 'CommitSale', commit);
  sameAnswer &&= isDeepStrictEqual(committedAgain, committed);

  await watcher.until((seen) => seen.attention.includes('ATTENTION_RELEASE'));
  const release = { request_id: newId(), sale_id: saleId };
  const [released] = await untilAnswered(sales, 'ReleaseSale', release);
  const [releasedAgain] = await untilAnswered(sales, 'ReleaseSale', release);
  sameAnswer &&= isDeepStrictEqual(releasedAgain, released);
  const isQueued = (seen) => stateNumber(seen.state) >= stateNumber('SALE_STATE_QUEUED');
  const queued = await watcher.until(isQueued);
  say({
    step: 'done',
    sale_id: queued.sale_id,
    receipt_no: queued.receipt_no,
    state: queued.state,
    amount_minor: Number(queued.total.amount_minor),
    same_answer: sameAnswer,
    commit_tries: tries,
    watch_reconnects: watcher.reconnects,
    refused,
  });
  process.exit(0);
}

main().catch((error) => fail(error.stack));

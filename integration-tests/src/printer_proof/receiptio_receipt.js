// The English receipt of papers.rs, printed by receiptio as its manual shows; prints milliseconds, one a receipt.
// receiptio always calls port 9100, so the sink stands on an address of its own.

const [, , modules, host, rounds, qr] = process.argv;
const receiptio = require(`${modules}/receiptio`);

const goods = [
    ['Jasmine tea 500 ml', '2 x 3.50', '7.00'],
    ['Gala apples, loose', '1.25 x 12.00', '15.00'],
    ['Instant noodles, beef', '3 x 4.50', '13.50'],
    ['Fresh eggs, 10', '1 x 12.80', '12.80'],
    ['Pen, blue', '1 x 5.90', '5.90'],
    ['Gift box of the season with a ribbon and a card', '1 x 18.98', '18.98'],
];
const receipt = [
    '^^^Lucky Corner Shop', '12 Wensan Road, Hangzhou', '',
    'No 20261124-000183 | 2026-11-24 11:42', 'Till 02  Cashier Li | ORIGINAL', '---',
    ...goods.flatMap(([name, count, total]) => [`${name} |`, `  ${count} | ${total}`]),
    '---', '6 items |', '^^^TOTAL | ^^^CNY 73.18', '---', 'Payer account (QR) | ****6417'.replace(/\*/g, '\\*'),
    '"Status | "not charged yet: confirm by SMS',
    'You will get an SMS from +86 571 8888 0000. Please answer it as it says. |', '',
    `{code:${qr}; option:qrcode,5,M}`, 'Lookup code 7Q4F-9KD2', 'Questions? Scan this, or quote the lookup code', '',
    'Pictures, goods kept until 2027-02-24 or longer', 'This is not a tax invoice',
    'photo 1a1a1a1a1a1a  goods b2b2b2b2b2b2',
].join('\n');

(async () => {
    for (let n = 0; n < Number(rounds); n++) {
        const began = process.hrtime.bigint();
        const result = await receiptio.print(receipt, `-d ${host} -p escpos -c 48 -t 10`);
        if (result !== 'success') {
            throw new Error(result);
        }
        console.log((Number(process.hrtime.bigint() - began) / 1e6).toFixed(3));
    }
})().catch((error) => {
    console.error(String(error));
    process.exit(1);
});

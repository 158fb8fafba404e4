// Nodemailer's pool, as its documentation shows it: builds every message and keeps no state.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, letterFile, port, count] = process.argv.slice(2);
const nodemailer = createRequire(modules + "/")("nodemailer");
const letter = JSON.parse(readFileSync(letterFile, "utf8"));
const fill = (text, values) => text.replace(/\$\{(\w+)\}/g, (_, name) => values[name]);

const pool = nodemailer.createTransport({
  host: "127.0.0.1", port: Number(port), pool: true, maxConnections: 5, maxMessages: Infinity, secure: false,
  ignoreTLS: true,
});
const started = process.hrtime.bigint();
let next = 0;
const one = async () => {
  while (next < Number(count)) {
    const n = next++;
    const base = `http://localhost/x/${n}`;
    const values = { company: `가상기업 ${n}`, person: `김담당${n}`, form: base, link: base, unsubscribe: base };
    await pool.sendMail({
      from: letter.from, to: `p${n}@c${n % 500}.example`, subject: fill(letter.subject, values),
      text: fill(letter.text, values), html: fill(letter.html, values),
      headers: { "List-Unsubscribe": `<${base}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" },
    });
  }
};
await Promise.all(Array.from({ length: 50 }, one));
console.log(JSON.stringify({ seconds: Number(process.hrtime.bigint() - started) / 1e9 }));
pool.close();

// undici: one pool, HTTP/1.1, as many connections as are needed.
import { createWriteStream, fdatasync, openSync, write } from 'node:fs';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { Pool } from 'undici';

const [feed, outside, path] = process.argv.slice(2);
// Milliseconds between two syncs, at least.
const TOGETHER = 10;
const pool = new Pool(`http://127.0.0.1:${outside}`, { connections: 4000, pipelining: 1, headersTimeout: 30e3, bodyTimeout: 30e3 });
const results = openSync(path, 'w');
const times = createWriteStream(`${path}.times`);
const headers = { 'content-type': 'application/json' };
let waiting = [];
let open = 0;
let isOver = false;

async function ask(line) {
  const [index, due, text] = line.split('\t');
  open += 1;
  try {
    const answer = await pool.request({ path: '/v1/analyze', method: 'POST', headers, body: JSON.stringify({ text }) });
    const body = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${body}`);
    waiting.push({ index, due, body });
  } catch (why) {
    console.error(why);
  }
  open -= 1;
}

async function gather() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, TOGETHER));
    const lines = waiting;
    waiting = [];
    if (lines.length > 0) {
      await promisify(write)(results, lines.map(({ index, body }) => `${index}\t${body}\n`).join(''));
      await promisify(fdatasync)(results);
      const written = Math.round((performance.timeOrigin + performance.now()) * 1000);
      times.write(lines.map(({ index, due }) => `${index}\t${due}\t${written}\n`).join(''));
    } else if (isOver && open === 0) {
      times.end(() => process.exit(0));
      return;
    }
  }
}

let rest = '';
const socket = connect(Number(feed), '127.0.0.1');
socket.setEncoding('utf8');
socket.on('data', (data) => {
  const lines = (rest + data).split('\n');
  rest = lines.pop();
  for (const line of lines) ask(line);
});
socket.on('end', () => { isOver = true; });
gather();

// Runs programs and reports what really happened. One request a line on standard input, one reply a line on standard
// output: {"code": …} or, for programs that report on themselves (instrument.py), {"code": …, "record": true}.
// Replies: {"lines": [printed…], "events": […]} or {"error": "…"}.
import { createInterface } from 'node:readline';
import { format } from 'node:util';
import { Script, createContext } from 'node:vm';

const MOST_STEPS = 150;
const MOST_MS = 3000;

function recorder(events) {
  const frames = [];
  let steps = 0;
  const keep = (value) => JSON.stringify(value) ?? 'undefined';
  return {
    // Opens the frame of one statement or condition: what is read until it closes belongs to it.
    $b(id) {
      if (++steps > MOST_STEPS) throw new Error('too many steps');
      frames.push({ id, values: [] });
      return id;
    },
    $v(id, value) {
      frames.at(-1)?.values.push(`[${id},${keep(value)}]`);
      return value;
    },
    $e(_id, value) {
      const { id, values } = frames.pop();
      events.push(`["e",${id},${keep(value)},[${values.join()}]]`);
      return value;
    },
    // The arguments of a call, reported before its body runs.
    $q(id, args) {
      events.push(`["q",${id},${keep(args)},[${frames.at(-1).values.join()}]]`);
      return args;
    },
    // What a for…of loops over; says when nothing is left, which a loop left by `break` never hears.
    *$n(id, list) {
      yield* list;
      events.push(`["n",${id},${keep(list)},[]]`);
    },
    $log(id, args) {
      const text = format(...args);
      events.push(`["p",${id},${keep(text)},[]]`);
      return text;
    },
  };
}

function run({ code, record }) {
  const lines = [];
  const events = [];
  try {
    if (record) {
      const names = recorder(events);
      const print = (id, args) => lines.push(names.$log(id, args));
      const body = new Function('$b', '$v', '$e', '$q', '$n', '$p', `'use strict';\n${code}`);
      body(names.$b, names.$v, names.$e, names.$q, names.$n, print);
    } else {
      const console = { log: (...args) => lines.push(format(...args)) };
      new Script(code).runInContext(createContext({ console }), { timeout: MOST_MS });
    }
  } catch (error) {
    return JSON.stringify({ error: String(error?.message ?? error) });
  }
  return `{"lines":${JSON.stringify(lines)},"events":[${events.join()}]}`;
}

let replies = [];
for await (const line of createInterface({ input: process.stdin })) {
  if (line === '') {
    // The end of a batch: Python reads exactly as many replies as it sent requests.
    process.stdout.write(replies.join(''));
    replies = [];
  } else replies.push(run(JSON.parse(line)) + '\n');
}

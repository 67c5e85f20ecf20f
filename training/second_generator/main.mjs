// node training/second_generator/main.mjs [--seed TEXT] [--per-task N] [--out FILE]: writes the second evaluation set.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeSamples } from './samples.mjs';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: 'second' },
    'per-task': { type: 'string', default: '60' },
    out: { type: 'string', default: fileURLToPath(new URL('../evaluation/second.jsonl', import.meta.url)) },
  },
});
const samples = makeSamples(values.seed, Number(values['per-task']));
const text = samples.map((sample) => `${JSON.stringify(sample)}\n`).join('');
writeFileSync(values.out, text);
console.log(`${samples.length} samples, ${Math.round(text.length / 1000)} kB`);

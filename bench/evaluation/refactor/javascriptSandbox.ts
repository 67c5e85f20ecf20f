/**
 * The script of the process that runs a model's JavaScript, given to `node -e`. It reads a JSON list of programs from standard input and
 * writes a line of JSON for each, as soon as it has ended. Each runs in a context of its own that holds nothing but the
 * language, `console.log` and `show`. These are written inside the context: a function of the outer one would be a way out.
 */
export const JAVASCRIPT_SANDBOX = `
const vm = require('node:vm');
const fs = require('node:fs');
const PRELUDE = \`'use strict'; (() => {
  const { stringify } = JSON;
  const lines = [];
  const put = (text) => { lines[lines.length] = text; };
  globalThis.console = { log: (...values) => put(values.map(String).join(' ')) };
  globalThis.show = (value) => put(String(stringify(value)));
  return () => {
    let text = '';
    for (let i = 0; i < lines.length; i++) text += lines[i] + '\\\\n';
    return text;
  };
})()\`;
function ranOf(program) {
  const context = vm.createContext(Object.create(null), {
    codeGeneration: { strings: false, wasm: false },
    microtaskMode: 'afterEvaluate',
  });
  const options = { timeout: 3000 };
  const printed = vm.runInContext(PRELUDE, context, options);
  try {
    vm.runInContext(program, context, options);
    return { kind: 'ran', output: String(printed()) };
  } catch (error) {
    // Only a text leaves: the error is the program's own object.
    let why = 'it threw something';
    try { why = String(error); } catch {}
    return { kind: 'failed', why };
  }
}
const chunks = [];
process.stdin.on('data', (data) => chunks.push(data));
process.stdin.on('end', () => {
  for (const program of JSON.parse(Buffer.concat(chunks).toString('utf8'))) {
    fs.writeSync(1, JSON.stringify(ranOf(program)) + '\\n');
  }
});
`;

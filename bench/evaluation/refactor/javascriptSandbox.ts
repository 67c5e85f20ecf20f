/**
 * The script of the process that runs a model's JavaScript, given to `node -e`: it reads the program from standard input, runs it in a
 * context that holds nothing but the language, `console.log` and `show`, and prints what these were given. Both are written
 * inside the context: a function of the outer one would be a way out.
 */
export const JAVASCRIPT_SANDBOX = `
const vm = require('node:vm');
const chunks = [];
process.stdin.on('data', (data) => chunks.push(data));
process.stdin.on('end', () => {
  const context = vm.createContext(Object.create(null), {
    codeGeneration: { strings: false, wasm: false },
    microtaskMode: 'afterEvaluate',
  });
  const options = { timeout: 5000 };
  const printed = vm.runInContext(\`'use strict'; (() => {
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
  })()\`, context, options);
  try {
    vm.runInContext(Buffer.concat(chunks).toString('utf8'), context, options);
  } catch (error) {
    // Only a text leaves: the error is the program's own object.
    let text = 'it threw something';
    try { text = String(error); } catch {}
    process.stderr.write(text + '\\n');
    process.exitCode = 1;
    return;
  }
  process.stdout.write(String(printed()));
});
`;

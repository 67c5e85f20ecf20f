import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { LlamaCpp } from './llamaCpp.ts';
import type { LlamaLogitsRequest } from './llamaLogits.ts';

/*
 * A process of `llamaLogits`: a request on its command line; the token ids of each text on standard output, and the logits of all
 * positions, one after the other, in the file that is named behind the request.
 */
const [request = '', output = ''] = process.argv.slice(2);
// Its only caller makes it of a `LlamaLogitsRequest`.
const { modelPath, sources, tokensOfEach, ...options } = JSON.parse(request) as LlamaLogitsRequest;
const llama = await LlamaCpp.open(modelPath, options);
const texts = sources.map((source) => llama.tokenize(source).slice(0, tokensOfEach));
const all: Float32Array[] = [];
for (const tokens of texts) await llama.logits(tokens, (_position, logits) => all.push(logits));
await llama.dispose();
await writeFile(output, all);
console.log(JSON.stringify(texts));

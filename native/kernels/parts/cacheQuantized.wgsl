// The KV cache in blocks of 32 numbers: a word with a scale and a minimum in half precision, then codes of `codeBits` (8 or 4)
// bits each, four or eight to a word. A number is scale * code + minimum. Blocks of 8 bits take 36 bytes, of 4 bits 20.

@group(0) @binding(4) var<storage, read_write> cache: array<u32>;

const blockQuads = 8u;
const quadsPerWord = 8u / codeBits;
const blockWords = 1u + blockQuads / quadsPerWord;
const codeMask = (1u << codeBits) - 1u;
const codeShifts = vec4u(0u, codeBits, 2u * codeBits, 3u * codeBits);

// The four numbers at `index`, counted in fours.
fn readCache(index: u32) -> vec4f {
  let block = (index / blockQuads) * blockWords;
  let quad = index % blockQuads;
  let line = unpack2x16float(cache[block]);
  let word = cache[block + 1u + quad / quadsPerWord];
  let codes = (vec4u(word) >> (codeShifts + (quad % quadsPerWord) * 4u * codeBits)) & vec4u(codeMask);
  return line.x * vec4f(codes) + line.y;
}

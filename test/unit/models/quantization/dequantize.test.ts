import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blockLayout } from '../../../../src/models/quantization/blockLayout.ts';
import { dequantize, dequantizeInto } from '../../../../src/models/quantization/dequantize.ts';
import { HALF_FLOATS } from '../../../../src/models/quantization/halfFloat.ts';
import type { QuantizationType } from '../../../../src/models/weights.ts';
import { QUANTIZATION_TYPES } from '../../../../src/models/weights.ts';

/** Blocks of random bytes and what gguf-py makes of them; written by the script beside it. */
const golden: {
  readonly types: Readonly<Record<QuantizationType, { readonly encoded: string; readonly weights: string }>>;
  readonly finiteHalvesSha256: string;
} = JSON.parse(
  readFileSync(new URL('../../../fixtures/quantization/dequantized.json', import.meta.url), 'utf8'),
);

const bytesOf = (weights: Float32Array): Buffer =>
  Buffer.from(weights.buffer, weights.byteOffset, weights.byteLength);

describe('dequantize', () => {
  it.each(QUANTIZATION_TYPES)('gives the same bits as gguf-py for %s', (type) => {
    const encoded = Buffer.from(golden.types[type].encoded, 'base64');
    const expected = Buffer.from(golden.types[type].weights, 'base64');
    expect(expected.length).toBe(512 * 4);
    expect(bytesOf(dequantize(type, encoded)).equals(expected)).toBe(true);
  });

  it.each(QUANTIZATION_TYPES)('decodes each block of %s alone as it does within a row', (type) => {
    const encoded = Buffer.from(golden.types[type].encoded, 'base64');
    const whole = dequantize(type, encoded);
    const { values, bytes } = blockLayout(type);
    for (let block = 0; block < encoded.length / bytes; block++) {
      const alone = dequantize(type, encoded.subarray(block * bytes, (block + 1) * bytes));
      expect(alone).toEqual(whole.slice(block * values, (block + 1) * values));
    }
  });

  it('refuses a piece of a block', () => {
    expect(() => dequantize('Q4_0', new Uint8Array(19))).toThrow(RangeError);
  });

  it.each(QUANTIZATION_TYPES)('writes %s over whatever memory holds', (type) => {
    const encoded = Buffer.from(golden.types[type].encoded, 'base64');
    const expected = Buffer.from(golden.types[type].weights, 'base64');
    const memory = new Float32Array(3 * 512).fill(NaN);
    dequantizeInto(type, encoded, memory.subarray(512, 1024));
    expect(bytesOf(memory.subarray(512, 1024)).equals(expected)).toBe(true);
    expect(memory.subarray(0, 512).every(Number.isNaN)).toBe(true);
    expect(memory.subarray(1024).every(Number.isNaN)).toBe(true);
  });

  it('refuses memory of another length than the weights', () => {
    expect(() => {
      dequantizeInto('Q4_0', new Uint8Array(18), new Float32Array(31));
    }).toThrow(RangeError);
  });

  it('knows every finite half float as numpy does', () => {
    const finite = HALF_FLOATS.filter(Number.isFinite);
    expect(createHash('sha256').update(bytesOf(finite)).digest('hex')).toBe(golden.finiteHalvesSha256);
  });
});

import { PHASES, type Phase, type RoutingResult } from './records.ts';

/** A RoutingResult as arrays. */
export interface Routing {
  readonly layers: readonly number[];
  readonly experts: number;
  readonly topK: number;
  readonly entries: number;
  readonly positions: Uint32Array;
  readonly tokens: Uint32Array;
  readonly questions: Uint32Array;
  readonly phases: readonly Phase[];
  readonly evicted: readonly boolean[];
  /** `[entries, layers, topK]` */
  readonly chosen: Uint16Array;
  /** `[entries, layers, topK]` */
  readonly weights: Float32Array;
}

/** @throws RangeError when an array is not as long as the counts say */
export function unpackRouting(result: RoutingResult): Routing {
  const { layers, experts, topK, entries, packed } = result;
  const choices = entries * layers.length * topK;
  return {
    layers,
    experts,
    topK,
    entries,
    positions: new Uint32Array(bytesOf(packed.positions, 4 * entries)),
    tokens: new Uint32Array(bytesOf(packed.tokens, 4 * entries)),
    questions: new Uint32Array(bytesOf(packed.questions, 4 * entries)),
    phases: Array.from(new Uint8Array(bytesOf(packed.phases, entries)), phaseOf),
    evicted: Array.from(new Uint8Array(bytesOf(packed.evicted, entries)), (flag) => flag !== 0),
    chosen: new Uint16Array(bytesOf(packed.chosen, 2 * choices)),
    weights: halvesToFloats(new Uint16Array(bytesOf(packed.weights, 2 * choices))),
  };
}

/** Base64 of little-endian 32-bit integers, as `ExpertsResult` holds them. */
export function unpackUint32(base64: string): Uint32Array {
  return new Uint32Array(bytesOf(base64));
}

/** Base64 of little-endian 32-bit floats. */
export function unpackFloat32(base64: string): Float32Array {
  return new Float32Array(bytesOf(base64));
}

/** By exponent, what a unit of the fraction is worth: `2 **` takes ten times as long, and there are millions. */
const UNITS = Float64Array.from({ length: 31 }, (_, exponent) => 2 ** (exponent - 25));

/** The value of an IEEE 754 binary16. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * (UNITS[exponent] ?? NaN);
}

/** Not `Float32Array.from` with a function, which takes many times as long: a long answer has millions. */
function halvesToFloats(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = halfToFloat(halves[i] ?? 0);
  return floats;
}

function phaseOf(index: number): Phase {
  const phase = PHASES[index];
  if (phase === undefined) throw new RangeError(`There is no phase ${index}.`);
  return phase;
}

/** Every machine that runs VS Code is little-endian, so the bytes are the numbers. */
function bytesOf(base64: string, expectedLength?: number): ArrayBuffer {
  const text = atob(base64);
  if (expectedLength !== undefined && text.length !== expectedLength) {
    throw new RangeError(`An array of the routing has ${text.length} bytes instead of ${expectedLength}.`);
  }
  // Not `Uint8Array.from`, which takes many times as long: the counts of a large model come ten times a second.
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
}

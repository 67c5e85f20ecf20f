import { corrupt, quote } from '../modelErrors.ts';
import { GgufArray } from './ggufArray.ts';
import type { GgufValue } from './ggufHeader.ts';

/**
 * The metadata keys of a file, by the type they must have. Each getter returns undefined when the key is
 * absent; `need*` do not.
 *
 * @throws GlassboxError `model/corrupt` for a value of another type or out of range, or a needed key absent
 */
export class GgufMetadata {
  constructor(
    private readonly values: ReadonlyMap<string, GgufValue>,
    private readonly file: string,
  ) {}

  has(key: string): boolean {
    return this.values.has(key);
  }

  isArray(key: string): boolean {
    return this.values.get(key) instanceof GgufArray;
  }

  string(key: string): string | undefined {
    const value = this.values.get(key);
    if (value === undefined || typeof value === 'string') return value;
    throw this.wrongType(key, 'a text');
  }

  boolean(key: string): boolean | undefined {
    const value = this.values.get(key);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.wrongType(key, 'true or false');
  }

  /** A whole number from `least` to `most`. */
  integer(key: string, least: number, most: number): number | undefined {
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw this.wrongType(key, `a whole number from ${String(least)} to ${String(most)}`);
  }

  /** A finite number from `least` to `most`. */
  float(key: string, least: number, most: number): number | undefined {
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw this.wrongType(key, `a number from ${String(least)} to ${String(most)}`);
  }

  needString(key: string): string {
    return this.string(key) ?? this.missing(key);
  }
  needInteger(key: string, least: number, most: number): number {
    return this.integer(key, least, most) ?? this.missing(key);
  }
  needFloat(key: string, least: number, most: number): number {
    return this.float(key, least, most) ?? this.missing(key);
  }

  /** An array of strings, still encoded. */
  stringArray(key: string): GgufArray | undefined {
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    if (value instanceof GgufArray && value.elementType === 'string') return value;
    throw this.wrongType(key, 'an array of texts');
  }

  /** An array of numbers, still encoded. */
  numberArray(key: string): GgufArray | undefined {
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    if (value instanceof GgufArray && value.elementType !== 'string' && value.elementType !== 'bool')
      return value;
    throw this.wrongType(key, 'an array of numbers');
  }

  missing(key: string): never {
    throw corrupt(this.file, `metadata key ${quote(key)}`, 'is missing');
  }

  private wrongType(key: string, wanted: string): Error {
    const value = this.values.get(key);
    const found =
      value instanceof GgufArray
        ? `an array of ${value.elementType}`
        : typeof value === 'string'
          ? `the text ${quote(value)}`
          : String(value);
    return corrupt(this.file, `metadata key ${quote(key)}`, `must be ${wanted}, but is ${found}`);
  }
}

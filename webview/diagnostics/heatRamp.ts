import type { Rgb } from './rgb.ts';

const STEPS = 256;

/**
 * 256 colours as pixels of an ImageData (little-endian, opaque), from the first stop to the last. From the background over
 * an accent to the foreground lightness only rises (or only falls), so it can be read without seeing colours.
 */
export function heatRamp(stops: readonly Rgb[]): Uint32Array {
  return Uint32Array.from({ length: STEPS }, (_, step) => {
    const at = (step / (STEPS - 1)) * (stops.length - 1);
    const below = Math.min(Math.floor(at), stops.length - 2);
    const [from, to] = [stops[below] ?? [0, 0, 0], stops[below + 1] ?? [0, 0, 0]];
    const part = (channel: 0 | 1 | 2): number =>
      Math.round(from[channel] + (to[channel] - from[channel]) * (at - below));
    return ((255 << 24) | (part(2) << 16) | (part(1) << 8) | part(0)) >>> 0;
  });
}

/** Colours cells. @param values from 0 to 1; NaN stays transparent @param pixels one for each value */
export function paintHeat(values: Float32Array, ramp: Uint32Array, pixels: Uint32Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    pixels[i] = Number.isNaN(value) ? 0 : (ramp[Math.round(Math.min(1, Math.max(0, value)) * 255)] ?? 0);
  }
}

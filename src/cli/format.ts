/** `1.4 GB`; decimal units, as disks and model pages give them. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** `135M`, `1.78B`. */
export function formatCount(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)}B`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(0)}M`;
  return String(count);
}

/** Tokens a second over a measured time; a dash where nothing was computed. */
export function formatSpeed(tokens: number, elapsedMs: number): string {
  return tokens > 0 && elapsedMs > 0 ? `${((tokens * 1000) / elapsedMs).toFixed(1)} tokens/s` : '–';
}

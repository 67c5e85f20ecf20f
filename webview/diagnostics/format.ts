const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const times = new Intl.DateTimeFormat('en', { timeStyle: 'medium' });
const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Figures as people read them, with their units. */
export const format = {
  count: (value: number): string => whole.format(value),
  number: (value: number): string => precise.format(value),
  tokens: (value: number): string => `${whole.format(value)} ${value === 1 ? 'token' : 'tokens'}`,
  percent: (share: number): string => `${precise.format(share * 100)} %`,
  /** `1.5 MiB`; binary units, as file managers show memory. */
  bytes(value: number): string {
    const power = value < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(value) / 10));
    const unit = UNITS[power] ?? 'bytes';
    return `${precise.format(value / 1024 ** power)} ${unit}`;
  },
  ms: (value: number): string =>
    value < 1000 ? `${precise.format(value)} ms` : `${precise.format(value / 1000)} s`,
  perSecond: (tokens: number, ms: number): string =>
    ms > 0 ? `${precise.format((tokens * 1000) / ms)} tokens/s` : '–',
  time: (unixMs: number): string => times.format(unixMs),
};

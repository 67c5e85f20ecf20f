import { InvalidArgumentError } from 'commander';

/** Numbers as options of a command. @throws InvalidArgumentError, which names the option */
export function positive(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('It must be above 0.');
  return value;
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/u.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

export function decimalNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('It must be a number from 0 on.');
  return value;
}

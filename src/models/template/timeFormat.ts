const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** Python's `strftime` for the directives that chat templates use, in English as models were trained. */
export function formatTime(time: Date, format: string): string {
  const month = months[time.getMonth()] ?? '';
  const day = days[time.getDay()] ?? '';
  const fields: Readonly<Record<string, string>> = {
    Y: String(time.getFullYear()),
    m: twoDigits(time.getMonth() + 1),
    d: twoDigits(time.getDate()),
    B: month,
    b: month.slice(0, 3),
    A: day,
    a: day.slice(0, 3),
    H: twoDigits(time.getHours()),
    M: twoDigits(time.getMinutes()),
    S: twoDigits(time.getSeconds()),
    '%': '%',
  };
  return format.replace(/%(.)/gsu, (directive, letter: string) => fields[letter] ?? directive);
}

/** One line that grows on a terminal; elsewhere a line now and then. */
export function progressOf(name: string, total: number): (correct: boolean, done: number) => void {
  let right = 0;
  return (correct, done) => {
    right += correct ? 1 : 0;
    const line = `${name}: ${done} of ${total}, ${right} right`;
    if (process.stderr.isTTY) process.stderr.write(`\r${line}${done === total ? '\n' : ''}`);
    else if (done % 100 === 0 || done === total) console.error(line);
  };
}

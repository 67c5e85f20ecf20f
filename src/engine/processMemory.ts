/** What a process takes of the machine's memory. In bytes. */
export interface ProcessMemory {
  /** All of it that is in memory now. */
  readonly residentBytes: number;
  /** Of it: the script heap's. */
  readonly heapBytes: number;
}

export function processMemory(): ProcessMemory {
  const { rss, heapTotal } = process.memoryUsage();
  return { residentBytes: rss, heapBytes: heapTotal };
}

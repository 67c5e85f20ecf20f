export type Koffi = typeof import('koffi');

/**
 * For calls on other threads, which koffi gives a stack of its own. Its 256 KiB are too few for the shader compiler within
 * ONNX Runtime's WebGPU provider: the process ends with a segmentation fault. A page that nothing touches takes no memory.
 */
const STACK_BYTES = 8 << 20;

/** koffi, set up. All of `native` gets it here: it can be set up only before it has loaded the first library. */
export async function importKoffi(): Promise<Koffi> {
  const koffi = await import('koffi');
  if (!hasLargeStacks(koffi)) {
    try {
      koffi.config({ async_stack_size: STACK_BYTES });
    } catch {
      // Somebody was earlier. Who needs the stacks asks `hasLargeStacks`.
    }
  }
  return koffi;
}

/** Whether calls on other threads may compile shaders. */
export function hasLargeStacks(koffi: Koffi): boolean {
  return (koffi.config().async_stack_size ?? 0) >= STACK_BYTES;
}

/**
 * Lets LLVM optimize what it compiles for lavapipe, for files whose kernels run for long. To be called before a device is opened:
 * the driver reads its environment once.
 */
export function useOptimizedDriver(): void {
  delete process.env.GALLIVM_PERF;
}

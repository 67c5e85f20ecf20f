/** Bytes of a dispatch's parameters: what every driver takes with a command. */
export const PARAMETER_BYTES = 64;

/** One kernel over some buffers. */
export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  /** `PARAMETER_BYTES`; what changes from token to token may be changed in place between submissions. */
  readonly parameters: Uint32Array<ArrayBuffer>;
  /** x, y, z. */
  readonly workgroups: readonly [number, number, number];
}

/**
 * The flags of buffers, mappings and shader stages that we use. Their values are fixed by the WebGPU specification
 * (https://www.w3.org/TR/webgpu/#namespacedef-gpubufferusage), so nothing has to be put into the global scope for them.
 */
export const BUFFER_USAGE = {
  mapRead: 0x0001,
  copySource: 0x0004,
  copyTarget: 0x0008,
  uniform: 0x0040,
  storage: 0x0080,
} as const;

export const MAP_READ = 0x0001;
export const COMPUTE_STAGE = 0x4;

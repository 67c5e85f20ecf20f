// What every kernel may read and write: one bind-group layout for all of them (native/webgpu/bindings.ts).

// Activations, in vectors of four floats; what lies where is the plan's.
@group(0) @binding(0) var<storage, read_write> arena: array<vec4f>;
// Codes of quantized weights, and float weights: native/kernels/repackBlocks.ts has the layouts.
@group(0) @binding(1) var<storage, read> quants: array<vec4u>;
// Scales, minima and high bits of quantized weights.
@group(0) @binding(2) var<storage, read> scales: array<u32>;
// Norms, biases, and the rotary embedding's table.
@group(0) @binding(3) var<storage, read> vectors: array<vec4f>;

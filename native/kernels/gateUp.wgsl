// The first half of a SwiGLU feed-forward (arXiv 2002.05202), for one token or a few:
//   output[token, row] = silu(gate[row] · x) * (up[row] · x),   x = input normed as in matVec where there is a norm
//   gate and up [rows, 32 * blocks], each of a block type of its own, which may be one
//   output [tokens, rows]; rows is a multiple of 4
// Workgroup (x, y): four rows of both for token y. Constants: unitsPerLane, hasNorm.

struct Parameters {
  input: u32,
  inputStride: u32,
  output: u32,
  outputStride: u32,
  quants: u32,
  scales: u32,
  high: u32,
  secondQuants: u32,
  secondScales: u32,
  secondHigh: u32,
  blocks: u32,
  norm: u32,
  epsilon: f32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let input = parameters.input + group.y * parameters.inputStride;
  let rowBlocks = (group.x * 4u + vec4u(0u, 1u, 2u, 3u)) * parameters.blocks;
  let rows = gateUpRows(input, rowBlocks, at);
  if (at.lane == 0u) {
    arena[parameters.output + group.y * parameters.outputStride + group.x] = rows;
  }
}

// The first half of the chosen experts' SwiGLU: as gateUp, with an expert's matrices for each choice of a token:
//   output[token, i, row] = silu(gate_e[row] · x) * (up_e[row] · x),   e = state[choices + token * slots + i]
//   gate and up of expert e begin e * matrixBlocks blocks from the first's, each of a block type of its own, which may be one
//   input [tokens, 32 * blocks];  output [tokens, slots, rows], rows a multiple of 4
// A piece of the matrices holds experts `firstExpert` to `firstExpert + expertCount - 1`; choices of others are left alone.
// Workgroup (x, y, z): four rows of choice y of token z; a token has `slots` choices (the dispatch's y).
// Constants: unitsPerLane, hasNorm.

struct Parameters {
  input: u32,
  output: u32,
  quants: u32,
  scales: u32,
  high: u32,
  secondQuants: u32,
  secondScales: u32,
  secondHigh: u32,
  blocks: u32,
  rows: u32,
  matrixBlocks: u32,
  choices: u32,
  firstExpert: u32,
  expertCount: u32,
  norm: u32,
  epsilon: f32,
}

var<workgroup> chosen: u32;

@compute @workgroup_size(workgroupSize)
fn main(
  at: Invocation,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let choice = group.z * groups.y + group.y;
  if (at.lane == 0u) {
    chosen = readState(parameters.choices + choice) - parameters.firstExpert;
  }
  let expert = workgroupUniformLoad(&chosen);
  if (expert >= parameters.expertCount) {
    return;
  }
  let input = parameters.input + group.z * parameters.blocks * 8u;
  let rowBlocks = expert * parameters.matrixBlocks
    + (group.x * 4u + vec4u(0u, 1u, 2u, 3u)) * parameters.blocks;
  let rows = gateUpRows(input, rowBlocks, at);
  if (at.lane == 0u) {
    arena[parameters.output + choice * parameters.rows / 4u + group.x] = rows;
  }
}

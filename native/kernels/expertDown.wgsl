// The second half of the chosen experts' SwiGLU, summed:
//   output[token, row] = residual[token, row] + sum_i weight_i * (down_e[row] · input[token, i])
//   e = state[choices + token * slots + i];  weight_i = state[weights + token * slots + i], a float's bits;  i < summed
//   down of expert e begins e * matrixBlocks blocks from the first's
//   input [tokens, slots, 32 * blocks];  output and residual [tokens, rows], rows a multiple of 4; they may be the same
// A piece of the matrices holds experts `firstExpert` to `firstExpert + expertCount - 1` and adds those alone: the pieces after
// the first take the output as their residual.
// Workgroup (x, y): four rows of token y. Constants: slots (a token's choices), summed (how many
// of them, the first), unitsPerLane.

struct Parameters {
  input: u32,
  output: u32,
  residual: u32,
  quants: u32,
  scales: u32,
  high: u32,
  blocks: u32,
  rows: u32,
  matrixBlocks: u32,
  choices: u32,
  weights: u32,
  firstExpert: u32,
  expertCount: u32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let rowBlocks = (group.x * 4u + vec4u(0u, 1u, 2u, 3u)) * parameters.blocks;
  var sums = vec4f(0.0);
  // One sum over the workgroup for all experts: a weight is the same for all columns.
  for (var choice = group.y * slots; choice < group.y * slots + summed; choice++) {
    let expert = readState(parameters.choices + choice) - parameters.firstExpert;
    if (expert < parameters.expertCount) {
      let weight = bitcast<f32>(readState(parameters.weights + choice));
      let input = parameters.input + choice * parameters.blocks * 8u;
      let blocks = rowBlocks + expert * parameters.matrixBlocks;
      for (var first = at.lane * unitsPerLane; first < parameters.blocks * 4u; first += workgroupSize * unitsPerLane) {
        for (var i = first; i < first + unitsPerLane; i++) {
          let block = i / 4u;
          let unit = i % 4u;
          let low = weight * arena[input + block * 8u + unit];
          let high = weight * arena[input + block * 8u + 4u + unit];
          sums += fourRows(blocks + block, unit, low, high);
        }
      }
    }
  }
  sums = sumOverWorkgroup(sums, at);
  if (at.lane == 0u) {
    let place = group.y * (parameters.rows / 4u) + group.x;
    arena[parameters.output + place] = arena[parameters.residual + place] + sums;
  }
}

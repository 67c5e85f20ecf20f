// The end of a layer with experts on both sides and a shared one, for one token or a few: the shared expert's last product, and what the
// token's experts gave, wherever each was computed, as addExperts adds it:
//   stream[token, row] += sum_k W[row, k] * input[token, k]  + sum over i of weight_i * outputs[state[rows + token * topK + i], row]
//   W [count, 32 * blocks], of any block type: the columns of the stream from `first4` on, a multiple of 4 of them
//   weight_i: the bits in state[weights + token * slots + i];  stream [tokens, 4 * width4], outputs [.., 4 * width4]
// Workgroup (x, y): four rows for token y; its invocations share out the columns. Constants: unitsPerLane, topK, slots.

struct Parameters {
  input: u32,
  inputStride: u32,
  stream: u32,
  first4: u32,
  width4: u32,
  quants: u32,
  scales: u32,
  high: u32,
  blocks: u32,
  outputs: u32,
  rows: u32,
  weights: u32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let input = parameters.input + group.y * parameters.inputStride;
  let rowBlocks = (group.x * 4u + vec4u(0u, 1u, 2u, 3u)) * parameters.blocks;
  var sums = vec4f(0.0);
  for (var first = at.lane * unitsPerLane; first < parameters.blocks * 4u; first += workgroupSize * unitsPerLane) {
    for (var i = first; i < first + unitsPerLane; i++) {
      let block = i / 4u;
      let unit = i % 4u;
      sums += fourRows(rowBlocks + block, unit, arena[input + block * 8u + unit], arena[input + block * 8u + 4u + unit]);
    }
  }
  sums = sumOverWorkgroup(sums, at);
  if (at.lane == 0u) {
    let column = parameters.first4 + group.x;
    let own = parameters.stream + group.y * parameters.width4 + column;
    arena[own] = arena[own] + sums + expertColumn(group.y, column);
  }
}

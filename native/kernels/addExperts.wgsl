// What a token's experts gave, wherever each was computed, added to its stream in the order of the choices:
//   stream[token] += sum over i of weight_i * outputs[state[rows + token * topK + i]]
//   weight_i: the bits in state[weights + token * slots + i];  stream [tokens, 4 * width4], outputs [.., 4 * width4]
// Workgroup (x): one token. Constants: topK, slots.

struct Parameters {
  stream: u32,
  outputs: u32,
  rows: u32,
  weights: u32,
  width4: u32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let token = group.x;
  for (var column = at.lane; column < parameters.width4; column += workgroupSize) {
    let own = parameters.stream + token * parameters.width4 + column;
    arena[own] += expertColumn(token, column);
  }
}

// Embedding lookup: arena[output + token] = row of the embedding matrix that the token's id names.
//   state[tokens + token]: id; one that names no row leaves its output as it was
//   matrix [rows, 32 * blocks], of any block type;  output [tokens, 32 * blocks]
// A matrix that lies in several pieces takes one dispatch for each; a piece leaves the tokens of others alone.
// Workgroup (x): one token.

struct Parameters {
  tokens: u32,
  output: u32,
  quants: u32,
  scales: u32,
  high: u32,
  blocks: u32,
  firstRow: u32,
  rows: u32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let token = group.x;
  let id = readState(parameters.tokens + token);
  if (id < parameters.firstRow || id - parameters.firstRow >= parameters.rows) {
    return;
  }
  let firstBlock = (id - parameters.firstRow) * parameters.blocks;
  let output = parameters.output + token * parameters.blocks * 8u;
  for (var i = at.lane; i < parameters.blocks * 4u; i += workgroupSize) {
    let block = i / 4u;
    let unit = i % 4u;
    let weights = weightsOf(firstBlock + block, unit);
    arena[output + block * 8u + unit] = weights[0];
    arena[output + block * 8u + 4u + unit] = weights[1];
  }
}

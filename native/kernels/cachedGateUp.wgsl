// The first half of experts whose matrices lie in slots on the GPU, to the bits of native/cpu:
//   output[hit, row] = silu(gate[row] · x) * (up[row] · x),   of the token and the slot of each hit
//   state[hits + 2 * hit] = token, state[hits + 2 * hit + 1] = slot
//   quants: slots of `slotWords` words, in each the packed gate, then at `upWords` the packed up; `panelWords` for 16 rows
//   rounded inputs [tokens, blocks] in the state (roundInputs);  output [hits, rows], rows a multiple of 4
// Workgroup (x, y): as many rows of hit y as it has invocations, a multiple of 4. Constants: see parts/packedRows.wgsl.

struct Parameters {
  inputs: u32,
  output: u32,
  hits: u32,
  blocks: u32,
  rows: u32,
  slotWords: u32,
  upWords: u32,
  panelWords: u32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let token = readState(parameters.hits + 2u * group.y);
  let slot = readState(parameters.hits + 2u * group.y + 1u);
  let row = group.x * workgroupSize + at.lane;
  let own = min(row, parameters.rows - 1u);
  let panel = slot * parameters.slotWords + own / 16u * parameters.panelWords;
  var sums = vec2u(0u);
  for (var first = 0u; first < parameters.blocks; first += stagedBlocks) {
    let count = min(stagedBlocks, parameters.blocks - first);
    stageBlocks(parameters.inputs + (token * parameters.blocks + first) * roundedWords, count, at.lane);
    for (var i = 0u; i < count; i++) {
      // Gate, then up.
      for (var matrix = 0u; matrix < 2u; matrix++) {
        let begin = panel + matrix * parameters.upWords;
        sums[matrix] = addBlock(sums[matrix], begin, parameters.blocks, first + i, own % 16u, i);
      }
    }
  }
  storeRow(parameters.output, group.y, parameters.rows, row, at.lane, exactSwiGlu(sums.x, sums.y));
}

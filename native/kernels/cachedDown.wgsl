// The second half of experts whose matrices lie in slots on the GPU, to the bits of native/cpu:
//   output[hit, row] = down[row] · inner[hit],   of the slot of each hit: state[hits + 2 * hit + 1]
//   quants: slots of `slotWords` words, in each at `downWords` the packed matrix, `panelWords` for 16 rows
//   rounded inputs [hits, blocks] in the state (cachedGateUp);  output [hits, rows], rows a multiple of 4
// Workgroup (x, y): as many rows of hit y as it has invocations, a multiple of 4. Constants: see parts/packedRows.wgsl.

struct Parameters {
  inputs: u32,
  output: u32,
  hits: u32,
  blocks: u32,
  rows: u32,
  slotWords: u32,
  downWords: u32,
  panelWords: u32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let slot = readState(parameters.hits + 2u * group.y + 1u);
  let row = group.x * workgroupSize + at.lane;
  let own = min(row, parameters.rows - 1u);
  let panel = slot * parameters.slotWords + parameters.downWords + own / 16u * parameters.panelWords;
  var sum = 0u;
  for (var first = 0u; first < parameters.blocks; first += stagedBlocks) {
    let count = min(stagedBlocks, parameters.blocks - first);
    stageBlocks(parameters.inputs + (group.y * parameters.blocks + first) * roundedWords, count, at.lane);
    for (var i = 0u; i < count; i++) {
      sum = addBlock(sum, panel, parameters.blocks, first + i, own % 16u, i);
    }
  }
  storeRow(parameters.output, group.y, parameters.rows, row, at.lane, sum);
}

// The first half of experts whose matrices lie in slots on the GPU, to the bits of native/cpu, rounded for the second:
//   inner[hit, row] = silu(gate[row] · x) * (up[row] · x),   of the token and the slot of each hit
//   state[hits + 2 * hit] = token, state[hits + 2 * hit + 1] = slot
//   quants: slots of `slotWords` words, in each the packed gate, then at `upWords` the packed up; `panelWords` for 16 rows
//   rounded inputs [tokens, blocks] and, of inner, [hits, rows / 32] in the state (parts/roundBlocks.wgsl); rows is a multiple of 32
// Workgroup (x, y): the x-th `roundedColumns` rows of hit y. Constants: hasSums, those of parts/packedRows.wgsl.

struct Parameters {
  inputs: u32,
  rounded: u32,
  hits: u32,
  blocks: u32,
  rows: u32,
  slotWords: u32,
  upWords: u32,
  panelWords: u32,
}

// Whole blocks, however few invocations there are.
const roundedColumns = max(32u, workgroupSize);

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let token = readState(parameters.hits + 2u * group.y);
  let slot = readState(parameters.hits + 2u * group.y + 1u);
  let firstRow = group.x * roundedColumns;
  for (var turn = 0u; turn < roundedColumns / workgroupSize; turn++) {
    let column = turn * workgroupSize + at.lane;
    let row = min(firstRow + column, parameters.rows - 1u);
    let panel = slot * parameters.slotWords + row / 16u * parameters.panelWords;
    var sums = vec2u(0u);
    for (var first = 0u; first < parameters.blocks; first += stagedBlocks) {
      let count = min(stagedBlocks, parameters.blocks - first);
      stageBlocks(parameters.inputs + (token * parameters.blocks + first) * roundedWords, count, at.lane);
      for (var i = 0u; i < count; i++) {
        // Gate, then up.
        for (var matrix = 0u; matrix < 2u; matrix++) {
          let begin = panel + matrix * parameters.upWords;
          sums[matrix] = addBlock(sums[matrix], begin, parameters.blocks, first + i, row % 16u, i);
        }
      }
    }
    unrounded[column] = exactSwiGlu(sums.x, sums.y);
  }
  let count = min(roundedColumns, parameters.rows - firstRow) / 32u;
  roundBlocks(count, parameters.rounded + (group.y * parameters.rows + firstRow) / 32u * roundedWords, at.lane);
}

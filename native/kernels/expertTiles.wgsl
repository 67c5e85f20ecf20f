// Matrix-matrix products of many tokens with the experts that they chose, in the tiles of groupTokens:
//   output[choice, row] = sum_k W_e[row, k] * input[choice / choicesOfInput, k],   e the choice's expert
//   W_e [rows, 32 * blocks], of any block type, e * matrixBlocks blocks from the first's
//   input [inputs, 32 * blocks] and output [choices, rows], `inputStride` and `outputStride` vectors apart;  rows a multiple of 4
// A piece of the matrices holds experts `firstExpert` to `firstExpert + expertCount - 1`; tiles of others are left alone.
// Workgroup (x, y): 4 * side rows, for the tokens of tile y; each of its side² invocations has 4 rows and `tokensPerLane` tokens in
// registers. Blocks of 32 columns come through the workgroup's memory as in matMat: each weight is unpacked once a tile, not
// once a token. Constants: side, tokensPerLane. workgroupSize is side²; tiles have side * tokensPerLane tokens at most.

struct Parameters {
  input: u32,
  inputStride: u32,
  choicesOfInput: u32,
  output: u32,
  outputStride: u32,
  quants: u32,
  scales: u32,
  high: u32,
  blocks: u32,
  rows: u32,
  matrixBlocks: u32,
  sorted: u32,
  tiles: u32,
  firstExpert: u32,
  expertCount: u32,
}

const tileRows = 4u * side;
const tileTokens = tokensPerLane * side;
// [vector of the block][row or token]
var<workgroup> weightTile: array<vec4<Tile>, 8u * tileRows>;
var<workgroup> inputTile: array<vec4f, 8u * tileTokens>;
// The tile's expert, its first choice and how many it has; then the choices themselves.
var<workgroup> tile: vec3u;
var<workgroup> chosen: array<u32, tileTokens>;

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  if (at.lane == 0u) {
    let record = parameters.tiles + 3u * group.y;
    tile = vec3u(readState(record), readState(record + 1u), readState(record + 2u));
  }
  let own = workgroupUniformLoad(&tile);
  let expert = own.x - parameters.firstExpert;
  if (expert >= parameters.expertCount) {
    return;
  }
  for (var i = at.lane; i < tileTokens; i += workgroupSize) {
    // Places beyond the last are computed as the last, and never stored.
    chosen[i] = readState(parameters.sorted + own.y + min(i, own.z - 1u));
  }
  workgroupBarrier();

  let firstRow = group.x * tileRows;
  let myRows = 4u * (at.lane % side);
  let myTokens = tokensPerLane * (at.lane / side);
  let matrix = expert * parameters.matrixBlocks;
  var sums: array<vec4f, tokensPerLane>;
  for (var t = 0u; t < tokensPerLane; t++) {
    sums[t] = vec4f(0.0);
  }
  for (var block = 0u; block < parameters.blocks; block++) {
    for (var i = at.lane; i < 4u * tileRows; i += workgroupSize) {
      let unit = i / tileRows;
      let place = i % tileRows;
      let row = min(firstRow + place, parameters.rows - 1u);
      let weights = weightsOf(matrix + row * parameters.blocks + block, unit);
      weightTile[unit * tileRows + place] = vec4<Tile>(weights[0]);
      weightTile[(unit + 4u) * tileRows + place] = vec4<Tile>(weights[1]);
    }
    for (var i = at.lane; i < 8u * tileTokens; i += workgroupSize) {
      let index = chosen[i % tileTokens] / parameters.choicesOfInput;
      inputTile[i] = arena[parameters.input + index * parameters.inputStride + block * 8u + i / tileTokens];
    }
    workgroupBarrier();
    for (var k = 0u; k < 8u; k++) {
      let weights = k * tileRows + myRows;
      let w0 = vec4f(weightTile[weights]);
      let w1 = vec4f(weightTile[weights + 1u]);
      let w2 = vec4f(weightTile[weights + 2u]);
      let w3 = vec4f(weightTile[weights + 3u]);
      for (var t = 0u; t < tokensPerLane; t++) {
        let x = inputTile[k * tileTokens + myTokens + t];
        sums[t] += vec4f(dot(w0, x), dot(w1, x), dot(w2, x), dot(w3, x));
      }
    }
    workgroupBarrier();
  }

  let row = firstRow + myRows;
  for (var t = 0u; t < tokensPerLane; t++) {
    let place = myTokens + t;
    if (row < parameters.rows && place < own.z) {
      arena[parameters.output + chosen[place] * parameters.outputStride + row / 4u] = sums[t];
    }
  }
}

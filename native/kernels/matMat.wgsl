// Matrix-matrix product, for many tokens:
//   output[token, row] = sum_k W[row, k] * input[token, k]  + bias[row] + residual[token, row]
//   W [rows, 32 * blocks], of any block type;  input [tokens, 32 * blocks];  output [tokens, rows], padded to whole
//   vectors with zeros
// Workgroup (x, y): a tile of 4 * side rows and 4 * side tokens; each of its side² invocations has 4 rows and 4 tokens in
// registers. A block of 32 columns at a time is put into the workgroup's memory, weights as floats, so that each is unpacked
// once a tile. With f16 that memory holds weights as halves. Inputs and sums are always singles: what SwiGLU leaves can be beyond
// 65,504, which a half cannot. `residual` may be `output`.
// Constants: side, hasBias, hasResidual. workgroupSize is side².

struct Parameters {
  input: u32,
  inputStride: u32,
  output: u32,
  outputStride: u32,
  residual: u32,
  quants: u32,
  scales: u32,
  high: u32,
  blocks: u32,
  rows: u32,
  tokens: u32,
  bias: u32,
}

const tileSize = 4u * side;
// [vector of the block][row or token]
var<workgroup> weightTile: array<vec4<Tile>, 8u * tileSize>;
var<workgroup> inputTile: array<vec4f, 8u * tileSize>;

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let firstRow = group.x * tileSize;
  let firstToken = group.y * tileSize;
  let myRows = 4u * (at.lane % side);
  let myTokens = 4u * (at.lane / side);
  // One vector of four rows for each of the four tokens.
  var sums = array<vec4f, 4>(vec4f(0.0), vec4f(0.0), vec4f(0.0), vec4f(0.0));

  for (var block = 0u; block < parameters.blocks; block++) {
    for (var i = at.lane; i < 4u * tileSize; i += workgroupSize) {
      let unit = i / tileSize;
      let place = i % tileSize;
      // Rows and tokens beyond the last are computed as the last, and never stored.
      let row = min(firstRow + place, parameters.rows - 1u);
      let weights = weightsOf(row * parameters.blocks + block, unit);
      weightTile[unit * tileSize + place] = vec4<Tile>(weights[0]);
      weightTile[(unit + 4u) * tileSize + place] = vec4<Tile>(weights[1]);
      let token = min(firstToken + place, parameters.tokens - 1u);
      let x = parameters.input + token * parameters.inputStride + block * 8u;
      inputTile[unit * tileSize + place] = arena[x + unit];
      inputTile[(unit + 4u) * tileSize + place] = arena[x + 4u + unit];
    }
    workgroupBarrier();
    for (var k = 0u; k < 8u; k++) {
      let weights = k * tileSize + myRows;
      let w0 = vec4f(weightTile[weights]);
      let w1 = vec4f(weightTile[weights + 1u]);
      let w2 = vec4f(weightTile[weights + 2u]);
      let w3 = vec4f(weightTile[weights + 3u]);
      for (var t = 0u; t < 4u; t++) {
        let x = inputTile[k * tileSize + myTokens + t];
        sums[t] += vec4f(dot(w0, x), dot(w1, x), dot(w2, x), dot(w3, x));
      }
    }
    workgroupBarrier();
  }

  let row = firstRow + myRows;
  if (row >= parameters.rows) {
    return;
  }
  let isRow = vec4u(row) + vec4u(0u, 1u, 2u, 3u) < vec4u(parameters.rows);
  for (var t = 0u; t < 4u; t++) {
    let token = firstToken + myTokens + t;
    if (token >= parameters.tokens) {
      return;
    }
    let place = token * parameters.outputStride + row / 4u;
    var result = sums[t];
    if (hasBias) {
      result += vectors[parameters.bias + row / 4u];
    }
    if (hasResidual) {
      result += arena[parameters.residual + place];
    }
    arena[parameters.output + place] = select(vec4f(0.0), result, isRow);
  }
}

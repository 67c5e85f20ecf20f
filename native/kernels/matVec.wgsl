// Matrix-vector product, for one token or a few, with what stands around it folded in:
//   output[token, row] = factor * sum_k W[row, k] * input[token, k] * norm[k]  + bias[row] + residual[token, row]
//   factor = 1 / sqrt(mean(input²) + epsilon) where there is a norm, else 1 (RMSNorm: the factor is the same for all k)
//   W [rows, 32 * blocks], of any block type;  output [tokens, rows], padded to whole vectors with zeros
// Several matrices of one shape, each with inputs of its own (the heads of latent attention), lie `matrixBlocks` apart.
// Fused query, key and value are one matrix of their rows.
// Workgroup (x, y, z): four rows, for token y and matrix z; its invocations share out the columns. `residual` may be
// `output`. Constants: unitsPerLane (1, 2 or 4 units of eight weights that one invocation takes in a row), hasNorm, hasBias,
// hasResidual.

struct Parameters {
  input: u32,
  inputStride: u32,
  inputMatrixStride: u32,
  output: u32,
  outputStride: u32,
  outputMatrixStride: u32,
  residual: u32,
  quants: u32,
  scales: u32,
  high: u32,
  blocks: u32,
  rows: u32,
  matrixBlocks: u32,
  norm: u32,
  bias: u32,
  epsilon: f32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let input = parameters.input + group.y * parameters.inputStride + group.z * parameters.inputMatrixStride;
  let firstRow = group.x * 4u;
  // Rows beyond the last are computed as the last one, and stored as zeros.
  let lastRow = parameters.rows - 1u;
  let rowBlocks = group.z * parameters.matrixBlocks
    + min(vec4u(firstRow) + vec4u(0u, 1u, 2u, 3u), vec4u(lastRow)) * parameters.blocks;

  var sums = vec4f(0.0);
  var squares = 0.0;
  for (var first = at.lane * unitsPerLane; first < parameters.blocks * 4u; first += workgroupSize * unitsPerLane) {
    for (var i = first; i < first + unitsPerLane; i++) {
      let block = i / 4u;
      let unit = i % 4u;
      let x = inputUnit(input, block, unit);
      squares += x.squares;
      sums += fourRows(rowBlocks + block, unit, x.low, x.high);
    }
  }
  var result = sumOverWorkgroup(sums, at);
  result *= normFactor(squares, at);
  if (at.lane == 0u) {
    let place = group.y * parameters.outputStride + group.z * parameters.outputMatrixStride + group.x;
    if (hasBias) {
      result += vectors[parameters.bias + group.x];
    }
    if (hasResidual) {
      result += arena[parameters.residual + place];
    }
    let isRow = vec4u(firstRow) + vec4u(0u, 1u, 2u, 3u) < vec4u(parameters.rows);
    arena[parameters.output + place] = select(vec4f(0.0), result, isRow);
  }
}

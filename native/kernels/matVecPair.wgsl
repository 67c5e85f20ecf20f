// Two matrices of different types through one input, for one token or a few, as matVec with a norm does one:
//   output[token] = A x | B x  + bias,   x = input[token] normed (RMSNorm)
//   A [rows, 32 * blocks] and B [any rows, 32 * blocks], each of a block type of its own, rows multiples of 4
//   output [tokens, rows of both]
// Where query, key and value are of two types, or queries and latent vectors, they take this one dispatch.
// Workgroup (x, y): four rows of A, or behind its last of B, for token y. Constants: unitsPerLane, hasBias.

struct Parameters {
  input: u32,
  inputStride: u32,
  output: u32,
  outputStride: u32,
  quants: u32,
  scales: u32,
  high: u32,
  secondQuants: u32,
  secondScales: u32,
  secondHigh: u32,
  blocks: u32,
  rows: u32,
  norm: u32,
  bias: u32,
  epsilon: f32,
}

const hasNorm = true;

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let input = parameters.input + group.y * parameters.inputStride;
  let isSecond = group.x * 4u >= parameters.rows;
  let firstRow = group.x * 4u - select(0u, parameters.rows, isSecond);
  let rowBlocks = (firstRow + vec4u(0u, 1u, 2u, 3u)) * parameters.blocks;
  var sums = vec4f(0.0);
  var squares = 0.0;
  for (var first = at.lane * unitsPerLane; first < parameters.blocks * 4u; first += workgroupSize * unitsPerLane) {
    for (var i = first; i < first + unitsPerLane; i++) {
      let block = i / 4u;
      let unit = i % 4u;
      let x = inputUnit(input, block, unit);
      squares += x.squares;
      if (isSecond) {
        sums += secondFourRows(rowBlocks + block, unit, x.low, x.high);
      } else {
        sums += fourRows(rowBlocks + block, unit, x.low, x.high);
      }
    }
  }
  var result = sumOverWorkgroup(sums, at);
  result *= normFactor(squares, at);
  if (at.lane == 0u) {
    if (hasBias) {
      result += vectors[parameters.bias + group.x];
    }
    arena[parameters.output + group.y * parameters.outputStride + group.x] = result;
  }
}

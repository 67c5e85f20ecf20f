// RMSNorm (arXiv 1910.07467), after adding a residual where there is one:
//   sum = input + residual;  output = sum / sqrt(mean(sum²) + epsilon) * norm
//   input, residual, sum, output [tokens, 4 * width4] in the arena, the input's tokens `inputStride` vectors apart;
//   norm [4 * width4] in vectors
// `sum` may be `residual`, and `input` as `output` may be where its stride is the width. Without a residual nothing is written to `sum`.
// Workgroup (x): one token. Constants: hasResidual.

struct Parameters {
  input: u32,
  inputStride: u32,
  residual: u32,
  sum: u32,
  output: u32,
  norm: u32,
  width4: u32,
  epsilon: f32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let row = group.x * parameters.width4;
  let input = parameters.input + group.x * parameters.inputStride;
  var squares = 0.0;
  for (var i = at.lane; i < parameters.width4; i += workgroupSize) {
    var x = arena[input + i];
    if (hasResidual) {
      x += arena[parameters.residual + row + i];
      arena[parameters.sum + row + i] = x;
    }
    squares += dot(x, x);
  }
  let mean = sumOverWorkgroup(vec4f(squares), at).x / f32(4u * parameters.width4);
  let factor = inverseSqrt(mean + parameters.epsilon);
  // Every invocation meets its own elements again, so nothing here waits for another's store.
  let normed = select(input, parameters.sum + row, hasResidual);
  for (var i = at.lane; i < parameters.width4; i += workgroupSize) {
    arena[parameters.output + row + i] = arena[normed + i] * factor * vectors[parameters.norm + i];
  }
}

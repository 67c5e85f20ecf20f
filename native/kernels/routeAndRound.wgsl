// What a layer with experts on both sides does behind its router's logits, in one dispatch: a token's choices (parts/routeToken.wgsl, with
// the constants), and its experts' inputs, as the CPU reads them and rounded as slots on the GPU do (parts/roundBlocks.wgsl):
//   normed [tokens, 4 * width4] = input / sqrt(mean(input²) + epsilon) * norm    (RMSNorm, arXiv 1910.07467), in the arena
//   rounded [tokens, width4 / 8] blocks in the state, unless `isRounded` is 0: no expert is in a slot. It is a parameter, and no
//   constant, so that what is in slots changes no bit of the norm.
//   input [tokens, 4 * width4] in the arena;  norm [4 * width4] in vectors; width4 is a multiple of 8
// Workgroup (x, y): of token x, y = 0 the choices, y > 0 the y-th `roundedColumns` columns. Constants: hasSums, those of routeToken.

struct Parameters {
  logits: u32,
  stride: u32,
  bias: u32,
  choices: u32,
  weights: u32,
  scale: f32,
  input: u32,
  norm: u32,
  normed: u32,
  rounded: u32,
  width4: u32,
  isRounded: u32,
  epsilon: f32,
}

// Each workgroup adds up the squares of the whole token, so it is worth some blocks.
const roundedColumns = max(128u, workgroupSize);

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  if (group.y == 0u) {
    routeToken(group.x, at);
    return;
  }
  let row = group.x * parameters.width4;
  var squares = 0.0;
  for (var i = at.lane; i < parameters.width4; i += workgroupSize) {
    let x = arena[parameters.input + row + i];
    squares += dot(x, x);
  }
  let mean = sumOverWorkgroup(vec4f(squares), at).x / f32(4u * parameters.width4);
  let factor = inverseSqrt(mean + parameters.epsilon);
  let first = (group.y - 1u) * (roundedColumns / 4u);
  let count = min(roundedColumns / 4u, parameters.width4 - first);
  for (var i = at.lane; i < count; i += workgroupSize) {
    let x = arena[parameters.input + row + first + i] * factor * vectors[parameters.norm + first + i];
    arena[parameters.normed + row + first + i] = x;
    for (var j = 0u; j < 4u; j++) {
      unrounded[4u * i + j] = bitcast<u32>(x[j]);
    }
  }
  if (parameters.isRounded != 0u) {
    roundBlocks(count / 8u, parameters.rounded + (row + first) / 8u * roundedWords, at.lane);
  }
}

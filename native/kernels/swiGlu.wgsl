// silu(gate) * up for many tokens, behind one product that gave both:
//   input [tokens, gate | up], each 4 * width4 wide;  output [tokens, 4 * width4], tokens `outputStride` vectors apart
// Workgroup (x): one token.

struct Parameters {
  input: u32,
  output: u32,
  outputStride: u32,
  width4: u32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let input = parameters.input + group.x * 2u * parameters.width4;
  let output = parameters.output + group.x * parameters.outputStride;
  for (var i = at.lane; i < parameters.width4; i += workgroupSize) {
    arena[output + i] = silu(arena[input + i]) * arena[input + parameters.width4 + i];
  }
}

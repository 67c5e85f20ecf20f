// Which experts tokens go to, and with what weights: parts/routeToken.wgsl has the formula, the shapes and the constants.
// Workgroup (x): one token.

struct Parameters {
  logits: u32,
  stride: u32,
  bias: u32,
  choices: u32,
  weights: u32,
  scale: f32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  routeToken(group.x, at);
}

// What a token's experts gave, with their weights, added to the token:
//   output[token] += sum_i weight_i * products[token, i],   i < summed, in this order
//   weight_i = state[weights + token * slots + i], a float's bits
//   products [tokens, slots, 4 * width4];  output [tokens, 4 * width4]
// Workgroup (x): one token. Constants: slots (a token's choices), summed (how many of them, the first).

struct Parameters {
  products: u32,
  output: u32,
  weights: u32,
  width4: u32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let width4 = parameters.width4;
  let products = parameters.products + group.x * slots * width4;
  let output = parameters.output + group.x * width4;
  for (var i = at.lane; i < width4; i += workgroupSize) {
    var sum = arena[output + i];
    for (var choice = 0u; choice < summed; choice++) {
      let weight = bitcast<f32>(readState(parameters.weights + group.x * slots + choice));
      sum += weight * arena[products + choice * width4 + i];
    }
    arena[output + i] = sum;
  }
}

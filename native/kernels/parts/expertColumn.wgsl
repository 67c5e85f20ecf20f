// What a token's experts gave in four columns, in the order of its choices: sum over i of weight_i * outputs[state[rows + token * topK + i]],
// weight_i the bits in state[weights + token * slots + i].
fn expertColumn(token: u32, column: u32) -> vec4f {
  var sum = vec4f(0.0);
  for (var i = 0u; i < topK; i++) {
    let row = readState(parameters.rows + token * topK + i);
    let weight = bitcast<f32>(readState(parameters.weights + token * slots + i));
    sum += weight * arena[parameters.outputs + row * parameters.width4 + column];
  }
  return sum;
}

// Q4_0: weight = scale * (code - 8). quants: a vector a block; scales: half floats.
fn weightsOf(block: u32, unit: u32) -> mat2x4f {
  let codes = quants[parameters.quants + block][unit];
  let scale = halfScale(parameters.scales, block);
  return mat2x4f(scale * (nibbles(codes) - 8.0), scale * (nibbles(codes >> 4u) - 8.0));
}

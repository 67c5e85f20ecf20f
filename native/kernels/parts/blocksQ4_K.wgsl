// Q4_K: weight = (scale * multiplier) * code - (minimum * multiplier). quants: a vector a block of 32; scales: four words a
// super-block of 256.
fn weightsOf(block: u32, unit: u32) -> mat2x4f {
  let codes = quants[parameters.quants + block][unit];
  let scale = superBlockScales(parameters.scales + 4u * (block / 8u), block & 7u);
  return mat2x4f(scale.x * nibbles(codes) - scale.y, scale.x * nibbles(codes >> 4u) - scale.y);
}

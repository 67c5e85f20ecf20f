// Q4_1: weight = scale * code + minimum. quants: a vector a block; scales: a word a block, scale and minimum.
fn weightsOf(block: u32, unit: u32) -> mat2x4f {
  let codes = quants[parameters.quants + block][unit];
  let scale = unpack2x16float(scales[parameters.scales + block]);
  return mat2x4f(scale.x * nibbles(codes) + scale.y, scale.x * nibbles(codes >> 4u) + scale.y);
}

// Q5_1: weight = scale * code + minimum. quants and high: as in Q5_0; scales: a word a block, scale and minimum.
fn weightsOf(block: u32, unit: u32) -> mat2x4f {
  let codes = quants[parameters.quants + block][unit];
  let fifths = scales[parameters.high + block] >> unit;
  let scale = unpack2x16float(scales[parameters.scales + block]);
  return mat2x4f(scale.x * fiveBits(codes, fifths) + scale.y, scale.x * fiveBits(codes >> 4u, fifths >> 4u) + scale.y);
}

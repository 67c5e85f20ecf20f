// Q5_0: weight = scale * (code - 16). quants: a vector a block; scales: half floats; high: a word a block with the fifth
// bits, those of weights 4u to 4u + 3 in bit u of its four bytes.
fn weightsOf(block: u32, unit: u32) -> mat2x4f {
  let codes = quants[parameters.quants + block][unit];
  let fifths = scales[parameters.high + block] >> unit;
  let scale = halfScale(parameters.scales, block);
  return mat2x4f(scale * (fiveBits(codes, fifths) - 16.0), scale * (fiveBits(codes >> 4u, fifths >> 4u) - 16.0));
}

// Q5_K: as Q4_K, with fifth bits as in Q5_0.
fn weightsOf(block: u32, unit: u32) -> mat2x4f {
  let codes = quants[parameters.quants + block][unit];
  let fifths = scales[parameters.high + block] >> unit;
  let scale = superBlockScales(parameters.scales + 4u * (block / 8u), block & 7u);
  return mat2x4f(
    scale.x * fiveBits(codes, fifths) - scale.y,
    scale.x * fiveBits(codes >> 4u, fifths >> 4u) - scale.y,
  );
}

// Q6_K: weight = (scale * multiplier) * (code - 32), a signed multiplier for each 16 weights. quants: a vector a block of 32
// with the low halves; high: two words a block, in whose bytes bits 2u and 2u + 1 belong to unit u, first of the low and then
// of the high vector; scales: five words a super-block of 256, the scale and sixteen multipliers.
fn weightsOf(block: u32, unit: u32) -> mat2x4f {
  let codes = quants[parameters.quants + block][unit];
  let high = parameters.high + 2u * block;
  let lowPairs = scales[high] >> (2u * unit);
  let highPairs = scales[high + 1u] >> (2u * unit);
  let record = parameters.scales + 5u * (block / 8u);
  let sub = block & 7u;
  let multipliers = unpack4xI8(scales[record + 1u + sub / 2u]);
  let pair = select(multipliers.xy, multipliers.zw, (sub & 1u) == 1u);
  let scale = unpack2x16float(scales[record]).x * vec2f(pair);
  return mat2x4f(
    scale.x * (sixBits(codes, lowPairs) - 32.0),
    scale.y * (sixBits(codes >> 4u, highPairs) - 32.0),
  );
}

// BF16: quants: four vectors for 32 weights, two to a word; each is the upper half of a single.
fn weightsOf(block: u32, unit: u32) -> mat2x4f {
  let at = parameters.quants + 4u * block + unit / 2u;
  let odd = (unit & 1u) == 1u;
  let low = select(quants[at].xy, quants[at].zw, odd);
  let high = select(quants[at + 2u].xy, quants[at + 2u].zw, odd);
  return mat2x4f(widened(low), widened(high));
}

fn widened(pairs: vec2u) -> vec4f {
  return bitcast<vec4f>(vec4u(pairs.x << 16u, pairs.x & 0xffff0000u, pairs.y << 16u, pairs.y & 0xffff0000u));
}

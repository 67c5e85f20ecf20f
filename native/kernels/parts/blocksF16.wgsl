// F16: quants: four vectors for 32 weights, two to a word.
fn weightsOf(block: u32, unit: u32) -> mat2x4f {
  let at = parameters.quants + 4u * block + unit / 2u;
  let odd = (unit & 1u) == 1u;
  let low = select(quants[at].xy, quants[at].zw, odd);
  let high = select(quants[at + 2u].xy, quants[at + 2u].zw, odd);
  return mat2x4f(
    vec4f(unpack2x16float(low.x), unpack2x16float(low.y)),
    vec4f(unpack2x16float(high.x), unpack2x16float(high.y)),
  );
}

// F32: quants: eight vectors for 32 weights.
fn weightsOf(block: u32, unit: u32) -> mat2x4f {
  let at = parameters.quants + 8u * block + unit;
  return mat2x4f(bitcast<vec4f>(quants[at]), bitcast<vec4f>(quants[at + 4u]));
}

// Inputs of a product behind an RMSNorm, which costs no pass of its own: its factor is one number for a token, so products are computed
// from x * norm while the squares are summed, and multiplied by the factor at the end. The kernel says whether there is a norm: `hasNorm`.

struct InputUnit {
  low: vec4f,
  high: vec4f,
  // Of the eight as they came.
  squares: f32,
}

// Eight columns of an input that begins at `input`.
fn inputUnit(input: u32, block: u32, unit: u32) -> InputUnit {
  let low = arena[input + block * 8u + unit];
  let high = arena[input + block * 8u + 4u + unit];
  if (!hasNorm) {
    return InputUnit(low, high, 0.0);
  }
  let norm = parameters.norm + block * 8u + unit;
  return InputUnit(low * vectors[norm], high * vectors[norm + 4u], dot(low, low) + dot(high, high));
}

// What all invocations' products are to be multiplied with. All of a workgroup call it.
fn normFactor(squares: f32, at: Invocation) -> f32 {
  if (!hasNorm) {
    return 1.0;
  }
  let mean = sumOverWorkgroup(vec4f(squares), at).x / f32(32u * parameters.blocks);
  return inverseSqrt(mean + parameters.epsilon);
}

// x * sigmoid(x). Where exp overflows, the quotient is 0, as it should be.
fn silu(x: vec4f) -> vec4f {
  return x / (1.0 + exp(-x));
}

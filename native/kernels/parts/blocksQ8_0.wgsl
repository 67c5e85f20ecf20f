// Q8_0: weight = scale * code, signed. quants: two vectors a block; scales: half floats.
fn weightsOf(block: u32, unit: u32) -> mat2x4f {
  let at = parameters.quants + 2u * block;
  let scale = halfScale(parameters.scales, block);
  return mat2x4f(
    scale * vec4f(unpack4xI8(quants[at][unit])),
    scale * vec4f(unpack4xI8(quants[at + 1u][unit])),
  );
}

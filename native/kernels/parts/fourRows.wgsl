// What eight columns add to the products of four rows: `blocks` are the rows' blocks that hold the columns.
fn fourRows(blocks: vec4u, unit: u32, low: vec4f, high: vec4f) -> vec4f {
  let w0 = weightsOf(blocks.x, unit);
  let w1 = weightsOf(blocks.y, unit);
  let w2 = weightsOf(blocks.z, unit);
  let w3 = weightsOf(blocks.w, unit);
  return vec4f(dot(w0[0], low), dot(w1[0], low), dot(w2[0], low), dot(w3[0], low))
    + vec4f(dot(w0[1], high), dot(w1[1], high), dot(w2[1], high), dot(w3[1], high));
}

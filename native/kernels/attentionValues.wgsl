// What absorbed latent attention (arXiv 2405.04434, section 2.1) found in the latent space, as values of each head, out of the
// splits that attentionDecode left (parts/joinSplits.wgsl):
//   output[token, head] = W[head] · attended[token, head]
//   W [heads, 4 * valueDim4, 4 * latentDim4], of any block type
//   parts [tokens, heads, splits, 4 * latentDim4];  sums [tokens, heads, splits];  output [tokens, heads, 4 * valueDim4]
// Workgroup (x, y, z): token z, head y, `quads` times four rows from 4 * quads * x on. Each workgroup joins the splits for itself:
// reading them again costs less than a dispatch, and several rows share it.
// Constants: latentDim4, valueDim4, quads, unitsPerLane.

const rowBlocks = latentDim4 / 8u;

struct Parameters {
  parts: u32,
  sums: u32,
  output: u32,
  splits: u32,
  quants: u32,
  scales: u32,
  high: u32,
}

var<workgroup> attended: array<vec4f, latentDim4>;

@compute @workgroup_size(workgroupSize)
fn main(
  at: Invocation,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let index = group.z * groups.y + group.y;
  let sums = parameters.sums + index * parameters.splits;
  let parts = parameters.parts + index * parameters.splits * latentDim4;
  let joined = joinedSums(sums, parameters.splits);
  for (var i = at.lane; i < latentDim4; i += workgroupSize) {
    attended[i] = joinedPart(joined, sums, parts, parameters.splits, latentDim4, i);
  }
  workgroupBarrier();

  let end = min(valueDim4, (group.x + 1u) * quads);
  for (var quad = group.x * quads; quad < end; quad++) {
    let blocks = (4u * (group.y * valueDim4 + quad) + vec4u(0u, 1u, 2u, 3u)) * rowBlocks;
    var products = vec4f(0.0);
    for (var first = at.lane * unitsPerLane; first < rowBlocks * 4u; first += workgroupSize * unitsPerLane) {
      for (var i = first; i < first + unitsPerLane; i++) {
        let block = i / 4u;
        let unit = i % 4u;
        products += fourRows(blocks + block, unit, attended[block * 8u + unit], attended[block * 8u + 4u + unit]);
      }
    }
    products = sumOverWorkgroup(products, at);
    if (at.lane == 0u) {
      arena[parameters.output + index * valueDim4 + quad] = products;
    }
  }
}

// Makes one output of the splits that attentionDecode left (parts/joinSplits.wgsl):
//   parts [tokens * heads, splits, 4 * valueDim4];  sums [tokens * heads, splits]
//   output [tokens * heads, 4 * valueDim4]
// Workgroup (x): one head of one token. Constants: valueDim4.

struct Parameters {
  parts: u32,
  sums: u32,
  output: u32,
  splits: u32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let sums = parameters.sums + group.x * parameters.splits;
  let parts = parameters.parts + group.x * parameters.splits * valueDim4;
  let joined = joinedSums(sums, parameters.splits);
  for (var i = at.lane; i < valueDim4; i += workgroupSize) {
    arena[parameters.output + group.x * valueDim4 + i] =
      joinedPart(joined, sums, parts, parameters.splits, valueDim4, i);
  }
}

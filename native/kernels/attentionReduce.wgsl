// Makes one output of the splits that attentionDecode left:
//   output[head] = sum_s exp(largest_s - largest) * part_s / sum_s exp(largest_s - largest) * total_s
//   parts [tokens * heads, splits, 4 * valueDim4];  sums [tokens * heads, splits] of (largest, total, 0, 0)
//   output [tokens * heads, 4 * valueDim4]. A split that saw no position has a total of 0 and counts for nothing.
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
  var largest = -1.0e30;
  for (var s = 0u; s < parameters.splits; s++) {
    largest = max(largest, arena[sums + s].x);
  }
  var total = 0.0;
  for (var s = 0u; s < parameters.splits; s++) {
    let sum = arena[sums + s];
    total += exp(sum.x - largest) * sum.y;
  }
  for (var i = at.lane; i < valueDim4; i += workgroupSize) {
    var sum = vec4f(0.0);
    for (var s = 0u; s < parameters.splits; s++) {
      sum += exp(arena[sums + s].x - largest) * arena[parts + s * valueDim4 + i];
    }
    arena[parameters.output + group.x * valueDim4 + i] = sum / total;
  }
}

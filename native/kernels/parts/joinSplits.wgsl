// One attention out of the splits that attentionDecode left of a head:
//   output = sum_s exp(largest_s - largest) * part_s / sum_s exp(largest_s - largest) * total_s
//   sums [splits] of (largest, total, 0, 0);  parts [splits, 4 * dim4]
// A split that saw no position has a total of 0 and counts for nothing.

// The largest score (x), and the sum of exponentials under it (y).
fn joinedSums(sums: u32, splits: u32) -> vec2f {
  var largest = -1.0e30;
  for (var s = 0u; s < splits; s++) {
    largest = max(largest, arena[sums + s].x);
  }
  var total = 0.0;
  for (var s = 0u; s < splits; s++) {
    let sum = arena[sums + s];
    total += exp(sum.x - largest) * sum.y;
  }
  return vec2f(largest, total);
}

// Vector `i` of the output. `joined` is what joinedSums gave.
fn joinedPart(joined: vec2f, sums: u32, parts: u32, splits: u32, dim4: u32, i: u32) -> vec4f {
  var sum = vec4f(0.0);
  for (var s = 0u; s < splits; s++) {
    sum += exp(arena[sums + s].x - joined.x) * arena[parts + s * dim4 + i];
  }
  return sum / joined.y;
}

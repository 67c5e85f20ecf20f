// The largest of a token's logits, the one with the lowest id among equals: state[output + token] = id.
//   logits [tokens, length] in the arena, `stride` vectors apart
// Workgroup (x): one token.

struct Parameters {
  logits: u32,
  stride: u32,
  length: u32,
  output: u32,
}

// The index of an invocation that had no logit to look at.
const nobody = 0xffffffffu;

var<workgroup> bestValue: array<f32, workgroupSize>;
var<workgroup> bestIndex: array<u32, workgroupSize>;

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let logits = parameters.logits + group.x * parameters.stride;
  var index = nobody;
  var value = 0.0;
  for (var i = at.lane; i < parameters.length; i += workgroupSize) {
    let logit = arena[logits + i / 4u][i % 4u];
    if (index == nobody || logit > value) {
      value = logit;
      index = i;
    }
  }
  bestValue[at.lane] = value;
  bestIndex[at.lane] = index;
  workgroupBarrier();
  for (var width = workgroupSize / 2u; width > 0u; width /= 2u) {
    if (at.lane < width) {
      let other = at.lane + width;
      let isLarger = bestValue[other] > bestValue[at.lane];
      let isEarlier = bestValue[other] == bestValue[at.lane] && bestIndex[other] < bestIndex[at.lane];
      let isFirst = bestIndex[at.lane] == nobody;
      if (bestIndex[other] != nobody && (isFirst || isLarger || isEarlier)) {
        bestValue[at.lane] = bestValue[other];
        bestIndex[at.lane] = bestIndex[other];
      }
    }
    workgroupBarrier();
  }
  if (at.lane == 0u) {
    writeState(parameters.output + group.x, bestIndex[0]);
  }
}

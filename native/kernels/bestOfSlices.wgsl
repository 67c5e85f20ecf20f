// The best of a token's logits in each slice of the vocabulary, and sums over the slice; bestOfAll makes one of them:
//   logits [tokens, length] in the arena, `stride` vectors apart
//   state[candidates + (token * slices + slice) * 2 * count]: ids, best first, and `count` words further their orders
//   (parts/selectBest.wgsl), 0 where the slice has no more
//   state[sums + (token * slices + slice) * 5]: the largest logit's order; bits of sum exp(logit - largest) and of
//   sum exp(logit - largest) * (largest - logit); how many logits are not finite; the smallest logit's order
// Workgroup (x, y): slice x of `sliceLength` logits of token y. Constants: maxCount.

struct Parameters {
  logits: u32,
  stride: u32,
  length: u32,
  sliceLength: u32,
  count: u32,
  candidates: u32,
  sums: u32,
}

var<workgroup> largestOrder: atomic<u32>;
var<workgroup> smallestOrder: atomic<u32>;
var<workgroup> broken: atomic<u32>;
var<workgroup> firstLogit: u32;
var<workgroup> firstId: u32;

fn itemAt(i: u32) -> Item {
  let id = firstId + i;
  return Item(orderOf(arena[firstLogit + id / 4u][id % 4u]), id);
}

@compute @workgroup_size(workgroupSize)
fn main(
  at: Invocation,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let first = group.x * parameters.sliceLength;
  let length = min(parameters.sliceLength, parameters.length - first);
  if (at.lane == 0u) {
    firstLogit = parameters.logits + group.y * parameters.stride;
    firstId = first;
    atomicStore(&largestOrder, 0u);
    atomicStore(&smallestOrder, 0xffffffffu);
    atomicStore(&broken, 0u);
  }
  workgroupBarrier();
  for (var i = at.lane; i < length; i += workgroupSize) {
    let id = first + i;
    let logit = arena[firstLogit + id / 4u][id % 4u];
    let order = orderOf(logit);
    atomicMax(&largestOrder, order);
    atomicMin(&smallestOrder, order);
    // By its bits: a driver may compute as if there were no such numbers.
    if ((bitcast<u32>(logit) & 0x7f800000u) == 0x7f800000u) {
      atomicAdd(&broken, 1u);
    }
  }
  workgroupBarrier();
  let largest = bitcast<f32>(logitOf(atomicLoad(&largestOrder)));
  var sums = vec4f(0.0);
  for (var i = at.lane; i < length; i += workgroupSize) {
    let id = first + i;
    let distance = largest - arena[firstLogit + id / 4u][id % 4u];
    let weight = exp(-distance);
    sums += vec4f(weight, weight * distance, 0.0, 0.0);
  }
  sums = sumOverWorkgroup(sums, at);
  let place = group.y * groups.x + group.x;
  if (at.lane == 0u) {
    let to = parameters.sums + place * 5u;
    writeState(to, atomicLoad(&largestOrder));
    writeState(to + 1u, bitcast<u32>(sums.x));
    writeState(to + 2u, bitcast<u32>(sums.y));
    writeState(to + 3u, atomicLoad(&broken));
    writeState(to + 4u, atomicLoad(&smallestOrder));
  }
  let there = selectBest(at, length, parameters.count);
  let candidates = parameters.candidates + place * 2u * parameters.count;
  for (var i = at.lane; i < parameters.count; i += workgroupSize) {
    var item = Item(0u, 0u);
    if (i < there) {
      item = bestItems[i];
    }
    writeState(candidates + i, item.id);
    writeState(candidates + parameters.count + i, item.order);
  }
}

// The best of a token's logits, out of what bestOfSlices left of each slice:
//   state[output + token * (4 + 2 * count)]: bits of sum exp(logit - largest) and of sum exp(logit - largest) * (largest - logit)
//   over the vocabulary, how many logits are not finite, bits of the smallest one; then `count` ids, best first, the lower id
//   first among equals, and the bits of their logits. count is at most the vocabulary.
// Workgroup (x): one token. Constants: maxCount.

struct Parameters {
  candidates: u32,
  sums: u32,
  slices: u32,
  count: u32,
  output: u32,
}

var<workgroup> firstCandidate: u32;
var<workgroup> largestOrder: atomic<u32>;
var<workgroup> smallestOrder: atomic<u32>;
var<workgroup> broken: atomic<u32>;

fn itemAt(i: u32) -> Item {
  let id = firstCandidate + i / parameters.count * 2u * parameters.count + i % parameters.count;
  return Item(readState(id + parameters.count), readState(id));
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let slices = parameters.slices;
  let sums = parameters.sums + group.x * slices * 5u;
  if (at.lane == 0u) {
    firstCandidate = parameters.candidates + group.x * slices * 2u * parameters.count;
    atomicStore(&largestOrder, 0u);
    atomicStore(&smallestOrder, 0xffffffffu);
    atomicStore(&broken, 0u);
  }
  workgroupBarrier();
  for (var s = at.lane; s < slices; s += workgroupSize) {
    atomicMax(&largestOrder, readState(sums + s * 5u));
    atomicAdd(&broken, readState(sums + s * 5u + 3u));
    atomicMin(&smallestOrder, readState(sums + s * 5u + 4u));
  }
  workgroupBarrier();
  let largest = bitcast<f32>(logitOf(atomicLoad(&largestOrder)));
  var total = vec4f(0.0);
  for (var s = at.lane; s < slices; s += workgroupSize) {
    let own = sums + s * 5u;
    let apart = largest - bitcast<f32>(logitOf(readState(own)));
    let mass = exp(-apart) * bitcast<f32>(readState(own + 1u));
    let distance = exp(-apart) * bitcast<f32>(readState(own + 2u));
    total += vec4f(mass, distance + apart * mass, 0.0, 0.0);
  }
  total = sumOverWorkgroup(total, at);
  let output = parameters.output + group.x * (4u + 2u * parameters.count);
  if (at.lane == 0u) {
    writeState(output, bitcast<u32>(total.x));
    writeState(output + 1u, bitcast<u32>(total.y));
    writeState(output + 2u, atomicLoad(&broken));
    writeState(output + 3u, logitOf(atomicLoad(&smallestOrder)));
  }
  let there = selectBest(at, slices * parameters.count, parameters.count);
  for (var i = at.lane; i < there; i += workgroupSize) {
    writeState(output + 4u + i, bestItems[i].id);
    writeState(output + 4u + parameters.count + i, logitOf(bestItems[i].order));
  }
}

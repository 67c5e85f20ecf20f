// The `count` largest of a token's logits, best first, the lower id first among equals:
//   state[output + token * 2 * count + i] = id of the i-th, and count words further its logit's bits
//   logits [tokens, length] in the arena, `stride` vectors apart;  count at most maxCount and at most length
// By radix selection: four passes find the count-th largest logit byte by byte, four more the last id that is taken among
// those equal to it. Then exactly `count` are collected, and each finds its place by counting those before it.
// Workgroup (x): one token. Constants: maxCount.

struct Parameters {
  logits: u32,
  stride: u32,
  length: u32,
  count: u32,
  output: u32,
}

var<workgroup> histogram: array<atomic<u32>, 256>;
var<workgroup> foundPrefix: u32;
var<workgroup> foundRemaining: u32;
var<workgroup> collected: atomic<u32>;
var<workgroup> chosenOrders: array<u32, maxCount>;
var<workgroup> chosenIds: array<u32, maxCount>;

// Bits that order as the floats do: the larger the float, the larger the number. -0 is 0, as equal floats must be equal.
fn orderOf(logit: f32) -> u32 {
  let bits = bitcast<u32>(select(logit, 0.0, logit == 0.0));
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
}

fn logitOf(order: u32) -> u32 {
  return select(~order, order & 0x7fffffffu, (order & 0x80000000u) != 0u);
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let logits = parameters.logits + group.x * parameters.stride;
  var threshold = 0u;
  var prefix = 0u;
  var known = 0u;
  var remaining = parameters.count;
  for (var stage = 0u; stage < 8u; stage++) {
    // The second four passes look for a smallest id, which is the largest complement.
    let byIds = stage >= 4u;
    if (stage == 4u) {
      threshold = prefix;
      prefix = 0u;
      known = 0u;
    }
    let shift = 24u - 8u * (stage & 3u);
    for (var i = at.lane; i < 256u; i += workgroupSize) {
      atomicStore(&histogram[i], 0u);
    }
    workgroupBarrier();
    for (var i = at.lane; i < parameters.length; i += workgroupSize) {
      let order = orderOf(arena[logits + i / 4u][i % 4u]);
      let digits = select(order, ~i, byIds);
      if ((!byIds || order == threshold) && (digits & known) == prefix) {
        atomicAdd(&histogram[(digits >> shift) & 0xffu], 1u);
      }
    }
    workgroupBarrier();
    if (at.lane == 0u) {
      var left = remaining;
      var digit = 255u;
      loop {
        let there = atomicLoad(&histogram[digit]);
        if (there >= left || digit == 0u) {
          break;
        }
        left -= there;
        digit--;
      }
      foundPrefix = prefix | (digit << shift);
      foundRemaining = left;
    }
    prefix = workgroupUniformLoad(&foundPrefix);
    remaining = workgroupUniformLoad(&foundRemaining);
    known |= 0xffu << shift;
  }

  if (at.lane == 0u) {
    atomicStore(&collected, 0u);
  }
  workgroupBarrier();
  for (var i = at.lane; i < parameters.length; i += workgroupSize) {
    let order = orderOf(arena[logits + i / 4u][i % 4u]);
    if (order > threshold || (order == threshold && ~i >= prefix)) {
      let slot = atomicAdd(&collected, 1u);
      if (slot < maxCount) {
        chosenOrders[slot] = order;
        chosenIds[slot] = i;
      }
    }
  }
  workgroupBarrier();
  let output = parameters.output + group.x * 2u * parameters.count;
  for (var i = at.lane; i < parameters.count; i += workgroupSize) {
    let order = chosenOrders[i];
    let id = chosenIds[i];
    var place = 0u;
    for (var other = 0u; other < parameters.count; other++) {
      let isBefore = chosenOrders[other] > order || (chosenOrders[other] == order && chosenIds[other] < id);
      place += select(0u, 1u, isBefore);
    }
    writeState(output + place, id);
    writeState(output + parameters.count + place, logitOf(order));
  }
}

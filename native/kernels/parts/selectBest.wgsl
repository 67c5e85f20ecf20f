// The best few of some items, by radix selection: four passes find the last order that is taken byte by byte, four more the last
// id among those equal to it. Then exactly `count` are collected, and each finds its place by counting those before it.
// The kernel has `fn itemAt(i: u32) -> Item` and the constant maxCount.

// A logit by its order (orderOf), and the token's id. An order of 0 is nobody's.
struct Item {
  order: u32,
  id: u32,
}

var<workgroup> histogram: array<atomic<u32>, 256>;
var<workgroup> foundPrefix: u32;
var<workgroup> foundRemaining: u32;
var<workgroup> collected: atomic<u32>;
var<workgroup> chosenItems: array<Item, maxCount>;
// What selectBest gives: best first, the lower id first among equals.
var<workgroup> bestItems: array<Item, maxCount>;

// Bits that order as the floats do: the larger the float, the larger the number. -0 is 0, as equal floats must be equal.
fn orderOf(logit: f32) -> u32 {
  let bits = bitcast<u32>(select(logit, 0.0, logit == 0.0));
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
}

// The logit's bits.
fn logitOf(order: u32) -> u32 {
  return select(~order, order & 0x7fffffffu, (order & 0x80000000u) != 0u);
}

// Items 0 to length - 1. @returns how many there are, `count` (at most maxCount) if there are so many
fn selectBest(at: Invocation, length: u32, count: u32) -> u32 {
  var threshold = 0u;
  var prefix = 0u;
  var known = 0u;
  var remaining = count;
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
    for (var i = at.lane; i < length; i += workgroupSize) {
      let item = itemAt(i);
      let digits = select(item.order, ~item.id, byIds);
      if ((!byIds || item.order == threshold) && (digits & known) == prefix) {
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
  for (var i = at.lane; i < length; i += workgroupSize) {
    let item = itemAt(i);
    let isTaken = item.order > threshold || (item.order == threshold && ~item.id >= prefix);
    if (isTaken && item.order > 0u) {
      let slot = atomicAdd(&collected, 1u);
      if (slot < maxCount) {
        chosenItems[slot] = item;
      }
    }
  }
  workgroupBarrier();
  let there = min(count, atomicLoad(&collected));
  for (var i = at.lane; i < there; i += workgroupSize) {
    let item = chosenItems[i];
    var place = 0u;
    for (var other = 0u; other < there; other++) {
      let otherItem = chosenItems[other];
      let isBefore = otherItem.order > item.order || (otherItem.order == item.order && otherItem.id < item.id);
      place += select(0u, 1u, isBefore);
    }
    bestItems[place] = item;
  }
  workgroupBarrier();
  return there;
}

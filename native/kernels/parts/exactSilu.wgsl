// silu(gate) * up with the operations of native/cpu, in their order: onnxruntime/swiglu_loop.h, source/exponential.h.

fn exactNegative(bits: u32) -> u32 {
  return bits ^ 0x80000000u;
}

// 1/7!, 1/6!, ... 1/2!
const taylor = array<u32, 6>(0x39500d01u, 0x3ab60b61u, 0x3c088889u, 0x3d2aaaabu, 0x3e2aaaabu, 0x3f000000u);

fn exactExponential(bits: u32) -> u32 {
  // Bits of positive numbers are in the order of the numbers, those of negative ones in the other.
  var x = bits;
  let magnitude = bits & 0x7fffffffu;
  if (magnitude <= 0x7f800000u) {
    if ((bits & 0x80000000u) == 0u) {
      x = min(bits, 0x42b00000u); // 88
    } else {
      x = 0x80000000u | min(magnitude, 0x42ae0000u); // -87
    }
  }
  let rounder = 0x4b400000u; // 1.5 * 2^23
  let shifted = exactAdd(exactMultiply(x, 0x3fb8aa3bu), rounder);
  let n = exactAdd(shifted, exactNegative(rounder));
  let r = exactAdd(
    exactAdd(x, exactNegative(exactMultiply(n, 0x3f318000u))),
    exactMultiply(n, 0x395e8083u),
  );
  var p = taylor[0];
  for (var i = 1u; i < 6u; i++) {
    p = exactAdd(exactMultiply(p, r), taylor[i]);
  }
  p = exactMultiply(exactMultiply(p, r), r);
  p = exactAdd(exactAdd(p, r), exactOne);
  return exactMultiply(p, (shifted + 127u) << 23u);
}

fn exactSwiGlu(gate: u32, up: u32) -> u32 {
  let below = exactAdd(exactOne, exactExponential(exactNegative(gate)));
  return exactMultiply(exactDivide(gate, below), up);
}

// Binary32 in whole numbers: each function gives the bits that IEEE 754 asks for, rounded to the nearest, ties to the even one,
// subnormal numbers among them. WGSL promises less: a product and a sum may be fused or not, rounded either way, a quotient may be
// off by two and a half units. What must be the same bits as on the CPU is computed with these. Infinities and NaN become NaN.

const exactNaN = 0x7fc00000u;
const exactOne = 0x3f800000u;

// a * b, whole.
fn wideProduct(a: u32, b: u32) -> vec2u {
  let aHigh = a >> 12u;
  let aLow = a & 0xfffu;
  let bHigh = b >> 12u;
  let bLow = b & 0xfffu;
  let middle = aHigh * bLow + aLow * bHigh;
  let first = aLow * bLow + (middle << 12u);
  let carry = select(0u, 1u, first < (middle << 12u));
  let high = aHigh * bHigh;
  let low = first + (high << 24u);
  return vec2u((middle >> 20u) + (high >> 8u) + carry + select(0u, 1u, low < first), low);
}

fn shiftLeft64(value: vec2u, by: u32) -> vec2u {
  if (by == 0u) {
    return value;
  }
  if (by >= 32u) {
    return vec2u(value.y << (by - 32u), 0u);
  }
  return vec2u((value.x << by) | (value.y >> (32u - by)), value.y << by);
}

// What is shifted out leaves a one in the lowest bit, so that rounding knows of it.
fn shiftRightSticky64(value: vec2u, by: u32) -> vec2u {
  if (by == 0u) {
    return value;
  }
  if (by >= 64u) {
    return vec2u(0u, select(0u, 1u, (value.x | value.y) != 0u));
  }
  if (by >= 32u) {
    let lost = value.y | select(0u, value.x << (64u - by), by > 32u);
    return vec2u(0u, (value.x >> (by - 32u)) | select(0u, 1u, lost != 0u));
  }
  let lost = value.y << (32u - by);
  return vec2u(value.x >> by, (value.y >> by) | (value.x << (32u - by)) | select(0u, 1u, lost != 0u));
}

// Exponent as it is stored and a mantissa of 24 bits with its first one; 0 for zero.
struct Unpacked {
  exponent: i32,
  mantissa: u32,
}

fn unpackExact(bits: u32) -> Unpacked {
  let exponent = i32((bits >> 23u) & 0xffu);
  let fraction = bits & 0x7fffffu;
  if (exponent != 0) {
    return Unpacked(exponent, fraction | 0x800000u);
  }
  let shift = countLeadingZeros(fraction) - 8u;
  if (fraction == 0u) {
    return Unpacked(0, 0u);
  }
  return Unpacked(1 - i32(shift), fraction << shift);
}

// The number value * 2^(exponent - 189), rounded: 1 <= value < 2^64, in two words.
fn packExact(sign: u32, exponent: i32, value: vec2u) -> u32 {
  let zeros = select(countLeadingZeros(value.x), 32u + countLeadingZeros(value.y), value.x == 0u);
  // The first one stands in bit 63, and counts 2^(own - 126) then.
  var own = exponent - i32(zeros);
  var shifted = shiftLeft64(value, zeros);
  if (own < 0) {
    shifted = shiftRightSticky64(shifted, u32(min(-own, 64)));
    own = 0;
  }
  // 24 bits stay; those behind them decide.
  var mantissa = shifted.x >> 8u;
  let rest = shifted.x & 0xffu;
  let isOverHalf = rest > 0x80u || (rest == 0x80u && shifted.y != 0u);
  let isHalf = rest == 0x80u && shifted.y == 0u;
  if (isOverHalf || (isHalf && (mantissa & 1u) != 0u)) {
    mantissa += 1u;
  }
  // A mantissa that became 2^24, or a subnormal one that became 2^23, carries into the exponent.
  let result = (u32(own) << 23u) + mantissa;
  return select(sign | result, exactNaN, own >= 254 || result >= 0x7f800000u);
}

// a * b + c, rounded once.
fn exactFma(a: u32, b: u32, c: u32) -> u32 {
  if (max(max(a & 0x7f800000u, b & 0x7f800000u), c & 0x7f800000u) == 0x7f800000u) {
    return exactNaN;
  }
  let sign = (a ^ b) & 0x80000000u;
  let left = unpackExact(a);
  let right = unpackExact(b);
  let other = unpackExact(c);
  if (left.mantissa == 0u || right.mantissa == 0u) {
    // Zeros of both signs make the positive one.
    return select(c, c & sign, other.mantissa == 0u);
  }
  // 46 or 47 bits, moved up: value * 2^(exponent - 189) with bit 61 or 62 as the first. The addend's is bit 61.
  let product = shiftLeft64(wideProduct(left.mantissa, right.mantissa), 15u);
  let productExponent = left.exponent + right.exponent - 126;
  let addend = shiftLeft64(vec2u(0u, other.mantissa), 38u);
  let addendExponent = select(other.exponent + 1, productExponent, other.mantissa == 0u);
  let exponent = max(productExponent, addendExponent);
  let one = shiftRightSticky64(product, u32(min(exponent - productExponent, 64)));
  let two = shiftRightSticky64(addend, u32(min(exponent - addendExponent, 64)));
  let isLarger = one.x > two.x || (one.x == two.x && one.y >= two.y);
  let more = select(two, one, isLarger);
  let less = select(one, two, isLarger);
  let low = more.y + less.y;
  let sum = vec2u(more.x + less.x + select(0u, 1u, low < more.y), low);
  let difference = vec2u(more.x - less.x - select(0u, 1u, more.y < less.y), more.y - less.y);
  let isSum = sign == (c & 0x80000000u);
  let result = select(difference, sum, isSum);
  // What cancels out is the positive zero.
  return select(
    packExact(select(sign ^ 0x80000000u, sign, isLarger || isSum), exponent, result),
    0u,
    result.x == 0u && result.y == 0u,
  );
}

fn exactAdd(a: u32, b: u32) -> u32 {
  return exactFma(a, exactOne, b);
}

fn exactMultiply(a: u32, b: u32) -> u32 {
  // A zero of the product's sign changes nothing.
  return exactFma(a, b, (a ^ b) & 0x80000000u);
}

// a / b; b is not zero.
fn exactDivide(a: u32, b: u32) -> u32 {
  if (max(a & 0x7f800000u, b & 0x7f800000u) == 0x7f800000u) {
    return exactNaN;
  }
  let sign = (a ^ b) & 0x80000000u;
  let above = unpackExact(a);
  let below = unpackExact(b);
  if (above.mantissa == 0u) {
    return sign;
  }
  // One bit of the quotient in each turn, 30 in all: as many as rounding wants, and whether anything is left.
  var rest = above.mantissa;
  var quotient = 0u;
  for (var turn = 0u; turn < 30u; turn++) {
    quotient = quotient << 1u;
    if (rest >= below.mantissa) {
      rest -= below.mantissa;
      quotient |= 1u;
    }
    rest = rest << 1u;
  }
  // quotient * 2^(above - below - 29) = (quotient * 2^32) * 2^(exponent - 189)
  return packExact(
    sign,
    above.exponent - below.exponent + 128,
    vec2u(quotient, select(0u, 1u, rest != 0u)),
  );
}

// A whole number of at most 24 bits, which any rounding leaves as it is.
fn exactFromInteger(value: i32) -> u32 {
  return bitcast<u32>(f32(value));
}

// The nearest whole number of one below 2^22 in size, halves to the even one.
fn exactRound(bits: u32) -> i32 {
  let shift = 150 - i32((bits >> 23u) & 0xffu);
  if (shift > 24) {
    return 0;
  }
  let mantissa = (bits & 0x7fffffu) | 0x800000u;
  var whole = mantissa >> u32(shift);
  let half = 1u << u32(shift - 1);
  let rest = mantissa & (2u * half - 1u);
  if (rest > half || (rest == half && (whole & 1u) != 0u)) {
    whole += 1u;
  }
  return select(i32(whole), -i32(whole), (bits & 0x80000000u) != 0u);
}

// A half as a single: every one has its own.
fn exactFromHalf(half: u32) -> u32 {
  let sign = (half & 0x8000u) << 16u;
  let exponent = (half >> 10u) & 0x1fu;
  let fraction = half & 0x3ffu;
  if (exponent == 0x1fu) {
    return exactNaN;
  }
  if (exponent != 0u) {
    return sign | ((exponent + 112u) << 23u) | (fraction << 13u);
  }
  if (fraction == 0u) {
    return sign;
  }
  let shift = countLeadingZeros(fraction) - 21u;
  return sign | ((113u - shift) << 23u) | (((fraction << shift) & 0x3ffu) << 13u);
}

// Pieces of packed codes that several block types share. A unit is an eighth of two: unit u (0 to 3) of a block of 32
// weights holds weights 4u to 4u + 3 (its low vector) and 16 + 4u to 16 + 4u + 3 (its high vector).

// Codes 0 to 15 in the low halves of four bytes.
fn nibbles(word: u32) -> vec4f {
  return vec4f(unpack4xU8(word & 0x0f0f0f0fu));
}

// The same with a fifth bit from bit 0 of each byte of `fifths`.
fn fiveBits(word: u32, fifths: u32) -> vec4f {
  return vec4f(unpack4xU8((word & 0x0f0f0f0fu) | ((fifths & 0x01010101u) << 4u)));
}

// The same with two more bits from bits 0 and 1 of each byte of `pairs`.
fn sixBits(word: u32, pairs: u32) -> vec4f {
  return vec4f(unpack4xU8((word & 0x0f0f0f0fu) | ((pairs & 0x03030303u) << 4u)));
}

// The half float number `index` of those that lie in `scales` from word `base` on.
fn halfScale(base: u32, index: u32) -> f32 {
  let both = unpack2x16float(scales[base + index / 2u]);
  return select(both.x, both.y, (index & 1u) == 1u);
}

// Scale (x) and minimum (y) of sub-block `sub` of a Q4_K or Q5_K super-block whose record of four words begins at `base`:
// both halves' scales, then twelve bytes of 6-bit multipliers as the file has them.
fn superBlockScales(base: u32, sub: u32) -> vec2f {
  let shift = 8u * (sub & 3u);
  let a = scales[base + 1u] >> shift;
  let b = scales[base + 2u] >> shift;
  let c = scales[base + 3u] >> shift;
  // Multipliers 4 to 7 keep their upper two bits in the spare bits of 0 to 3.
  let late = vec2u((c & 0x0fu) | ((a >> 2u) & 0x30u), ((c >> 4u) & 0x0fu) | ((b >> 2u) & 0x30u));
  let multipliers = select(vec2u(a & 0x3fu, b & 0x3fu), late, sub >= 4u);
  return unpack2x16float(scales[base]) * vec2f(multipliers);
}

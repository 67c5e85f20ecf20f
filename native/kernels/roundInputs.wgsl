// Inputs of exact products, rounded to 12 bits a block of 32 as native/cpu does (source/prepare_block.h), to the same bits:
//   scale = largest magnitude / 2039, code = round(x * (2039 / largest magnitude)) = 16 * high + low
//   input [rows, 32 * blocks] in the arena
//   state[output + (row * blocks + block) * 20]: 8 words of high parts, 8 of low ones, four bytes each; the scale's bits; the
//   bits of the inputs' sum, where hasSums; the codes' sums over 16 columns each
// Workgroup (x, y): as many blocks of row y as it has invocations. Constants: hasSums.

struct Parameters {
  input: u32,
  output: u32,
  blocks: u32,
}

fn inputBits(block: u32, column: u32) -> u32 {
  return bitcast<u32>(arena[block + column / 4u][column % 4u]);
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let own = group.x * workgroupSize + at.lane;
  if (own >= parameters.blocks) {
    return;
  }
  let row = group.y * parameters.blocks + own;
  let input = parameters.input + row * 8u;
  let output = parameters.output + row * 20u;
  var largest = 0u;
  for (var column = 0u; column < 32u; column++) {
    largest = max(largest, inputBits(input, column) & 0x7fffffffu);
  }
  // Below 2^-100 there is no scale, nor for infinities and NaN.
  let isOrdinary = largest >= 0x0d800000u && largest < 0x7f800000u;
  if (!isOrdinary) {
    for (var i = 0u; i < 20u; i++) {
      writeState(output + i, 0u);
    }
    if (largest >= 0x7f800000u) {
      writeState(output + 16u, exactNaN);
    }
    return;
  }
  let inverse = exactDivide(0x44fee000u, largest); // 2039
  var sums = vec2i(0);
  for (var word = 0u; word < 8u; word++) {
    var highs = 0u;
    var lows = 0u;
    for (var byte = 0u; byte < 4u; byte++) {
      let code = exactRound(exactMultiply(inputBits(input, word * 4u + byte), inverse));
      let high = (code + 8) >> 4u;
      highs |= (bitcast<u32>(high) & 0xffu) << (8u * byte);
      lows |= (bitcast<u32>(code - high * 16) & 0xffu) << (8u * byte);
      if (word < 4u) {
        sums.x += code;
      } else {
        sums.y += code;
      }
    }
    writeState(output + word, highs);
    writeState(output + 8u + word, lows);
  }
  writeState(output + 16u, exactDivide(largest, 0x44fee000u));
  var sum = 0u;
  if (hasSums) {
    // A tree: sixteen of two each, then eight, then four, and these as (0 + 2) + (1 + 3).
    var tree: array<u32, 16>;
    for (var i = 0u; i < 16u; i++) {
      tree[i] = exactAdd(inputBits(input, i), inputBits(input, 16u + i));
    }
    for (var i = 0u; i < 8u; i++) {
      tree[i] = exactAdd(tree[i], tree[8u + i]);
    }
    for (var i = 0u; i < 4u; i++) {
      tree[i] = exactAdd(tree[i], tree[4u + i]);
    }
    sum = exactAdd(exactAdd(tree[0], tree[2]), exactAdd(tree[1], tree[3]));
  }
  writeState(output + 17u, sum);
  writeState(output + 18u, bitcast<u32>(sums.x));
  writeState(output + 19u, bitcast<u32>(sums.y));
}

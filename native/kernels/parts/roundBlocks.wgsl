// Inputs of exact products, rounded to 12 bits a block of 32 as native/cpu does (source/prepare_block.h), to the same bits:
//   scale = largest magnitude / 2039, code = round(x * (2039 / largest magnitude)) = 16 * high + low
// into the state (parts/roundedForm.wgsl); there is a sum of the inputs where hasSums.
// The kernel says how many inputs a workgroup rounds at once, a multiple of 32: roundedColumns. Constants: hasSums.

// Of inputs, bits.
var<workgroup> unrounded: array<u32, roundedColumns>;
var<workgroup> inputCodes: array<i32, roundedColumns>;
// Of each block, bits: its largest magnitude, and what its inputs are multiplied with.
var<workgroup> largests: array<u32, roundedColumns / 32u>;
var<workgroup> factors: array<u32, roundedColumns / 32u>;

// The bits of the largest magnitude of a block that begins at `first`.
fn largestOf(first: u32) -> u32 {
  var largest = 0u;
  for (var column = first; column < first + 32u; column++) {
    largest = max(largest, unrounded[column] & 0x7fffffffu);
  }
  return largest;
}

// Below 2^-100 there is no scale, nor for infinities and NaN.
fn hasScale(largest: u32) -> bool {
  return largest >= 0x0d800000u && largest < 0x7f800000u;
}

// Four bytes from `first` on: the codes' high parts, or what these leave.
fn codeBytes(first: u32, isHigh: bool) -> u32 {
  var bytes = 0u;
  for (var i = 0u; i < 4u; i++) {
    let code = inputCodes[first + i];
    let high = (code + 8) >> 4u;
    bytes |= (bitcast<u32>(select(code - high * 16, high, isHigh)) & 0xffu) << (8u * i);
  }
  return bytes;
}

fn codeSum(first: u32) -> u32 {
  var sum = 0;
  for (var column = first; column < first + 16u; column++) {
    sum += inputCodes[column];
  }
  return bitcast<u32>(sum);
}

// A tree: sixteen of two each, then eight, and so on to one.
fn inputSum(first: u32) -> u32 {
  var tree: array<u32, 32>;
  for (var i = 0u; i < 32u; i++) {
    tree[i] = unrounded[first + i];
  }
  for (var half = 16u; half > 0u; half = half / 2u) {
    for (var i = 0u; i < half; i++) {
      tree[i] = exactAdd(tree[i], tree[half + i]);
    }
  }
  return tree[0];
}

fn roundedWord(first: u32, word: u32) -> u32 {
  let largest = largests[first / 32u];
  if (!hasScale(largest)) {
    return select(0u, exactNaN, word == 16u && largest >= 0x7f800000u);
  }
  if (word < 16u) {
    return codeBytes(first + word % 8u * 4u, word < 8u);
  }
  if (word == 16u) {
    return exactDivide(largest, 0x44fee000u); // 2039
  }
  if (word == 17u) {
    if (hasSums) {
      return inputSum(first);
    }
    return 0u;
  }
  return codeSum(first + (word - 18u) * 16u);
}

// `count` blocks that stand in `unrounded`, once all invocations have written there. All of a workgroup call it.
fn roundBlocks(count: u32, output: u32, lane: u32) {
  workgroupBarrier();
  for (var block = lane; block < count; block += workgroupSize) {
    let largest = largestOf(32u * block);
    largests[block] = largest;
    if (hasScale(largest)) {
      factors[block] = exactDivide(0x44fee000u, largest); // 2039
    }
  }
  workgroupBarrier();
  for (var column = lane; column < count * 32u; column += workgroupSize) {
    if (hasScale(largests[column / 32u])) {
      inputCodes[column] = exactRound(exactMultiply(unrounded[column], factors[column / 32u]));
    }
  }
  workgroupBarrier();
  for (var word = lane; word < count * roundedWords; word += workgroupSize) {
    writeState(output + word, roundedWord(word / roundedWords * 32u, word % roundedWords));
  }
}

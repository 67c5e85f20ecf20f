// Rows of a matrix as native/cpu packs it (native/cpu/source/form.h), times rounded inputs (parts/roundedForm.wgsl), with the
// very operations of native/cpu (source/kernel_scalar.c): a row's product is the same bits.
// Constants of the matrix's type: codeBits (4 or 8), codeFlip (what makes codes bytes with a sign), centre, scaleKind (0: halves;
// 1: halves and minima; 2: factors and minima of a super-block; 3: factors of 16 columns).

// Blocks that a workgroup holds at once.
const stagedBlocks = 32u;
const codeWords = codeBits * 16u;

var<workgroup> staged: array<u32, stagedBlocks * roundedWords>;

// All invocations of a workgroup together.
fn stageBlocks(first: u32, count: u32, lane: u32) {
  workgroupBarrier();
  for (var i = lane; i < count * roundedWords; i += workgroupSize) {
    staged[i] = readState(first + i);
  }
  workgroupBarrier();
}

fn packedWord(at: u32) -> u32 {
  return quants[at / 4u][at % 4u];
}

fn packedHalf(at: u32, index: u32) -> u32 {
  return exactFromHalf((packedWord(at + index / 2u) >> (16u * (index % 2u))) & 0xffffu);
}

fn packedByte(at: u32, index: u32) -> u32 {
  return (packedWord(at + index / 4u) >> (8u * (index % 4u))) & 0xffu;
}

struct RowScales {
  first: u32,
  second: u32,
  minimum: u32,
}

fn rowScales(scalesAt: u32, block: u32, row: u32) -> RowScales {
  switch scaleKind {
    case 0u: {
      let scale = packedHalf(scalesAt + block * 8u, row);
      return RowScales(scale, scale, 0u);
    }
    case 1u: {
      let scale = packedHalf(scalesAt + block * 16u, row);
      return RowScales(scale, scale, packedHalf(scalesAt + block * 16u + 8u, row));
    }
    case 2u: {
      let shared_ = scalesAt + block / 8u * 80u;
      let factors = shared_ + 16u + block % 8u * 8u;
      let scale = scaledHalf(packedHalf(shared_, row), i32(packedByte(factors, row)));
      let least = scaledHalf(packedHalf(shared_ + 8u, row), i32(packedByte(factors + 4u, row)));
      return RowScales(scale, scale, least ^ 0x80000000u);
    }
    default: {
      let shared_ = scalesAt + block / 8u * 72u;
      let factors = shared_ + 8u + block % 8u * 8u;
      let scale = packedHalf(shared_, row);
      // Bytes with a sign.
      let first = bitcast<i32>(packedByte(factors, row) << 24u) >> 24u;
      let second = bitcast<i32>(packedByte(factors + 4u, row) << 24u) >> 24u;
      return RowScales(scaledHalf(scale, first), scaledHalf(scale, second), 0u);
    }
  }
}

// 11 bits of a half times 8: exact, so that any rounding gives the same.
fn scaledHalf(half: u32, factor: i32) -> u32 {
  return bitcast<u32>(bitcast<f32>(half) * f32(factor));
}

// `sum` and a block's product with the staged block `at`. `panel`: where the 16 rows begin, in words; `row`: which of them.
fn addBlock(sum: u32, panel: u32, blocks: u32, block: u32, row: u32, at: u32) -> u32 {
  let inputs = at * roundedWords;
  var high = vec2i(0);
  var low = vec2i(0);
  for (var group = 0u; group < 4u; group++) {
    var first = packedWord(panel + block * codeWords + group * 16u + row);
    var second = 0u;
    if (codeBits == 4u) {
      second = (first >> 4u) & 0x0f0f0f0fu;
      first = first & 0x0f0f0f0fu;
    } else {
      second = packedWord(panel + block * codeWords + (group + 4u) * 16u + row) ^ codeFlip;
      first = first ^ codeFlip;
    }
    high += vec2i(
      dot4I8Packed(first, staged[inputs + group]),
      dot4I8Packed(second, staged[inputs + 4u + group]),
    );
    low += vec2i(
      dot4I8Packed(first, staged[inputs + 8u + group]),
      dot4I8Packed(second, staged[inputs + 12u + group]),
    );
  }
  let codes = vec2i(bitcast<i32>(staged[inputs + 18u]), bitcast<i32>(staged[inputs + 19u]));
  let halves = 16 * high + low - i32(centre) * codes;
  let inputScale = staged[inputs + 16u];
  let scales_ = rowScales(panel + blocks * codeWords, block, row);
  var result = sum;
  if (scaleKind == 3u) {
    result = exactFma(exactFromInteger(halves.x), exactMultiply(scales_.first, inputScale), result);
    result = exactFma(exactFromInteger(halves.y), exactMultiply(scales_.second, inputScale), result);
  } else {
    result = exactFma(exactFromInteger(halves.x + halves.y), exactMultiply(scales_.first, inputScale), result);
  }
  if (scaleKind == 1u || scaleKind == 2u) {
    result = exactFma(scales_.minimum, staged[inputs + 17u], result);
  }
  return result;
}

var<workgroup> results: array<f32, workgroupSize>;

// The bits of an invocation's `row` into `output` [hits, rows], by fours: each fourth invocation stores for itself and three more. All of a
// workgroup call it; rows beyond the last are left out.
fn storeRow(output: u32, hit: u32, rows: u32, row: u32, lane: u32, bits: u32) {
  results[lane] = bitcast<f32>(bits);
  workgroupBarrier();
  if (lane % 4u == 0u && row < rows) {
    arena[output + (hit * rows + row) / 4u] =
      vec4f(results[lane], results[lane + 1u], results[lane + 2u], results[lane + 3u]);
  }
}

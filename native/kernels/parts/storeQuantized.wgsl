// A row of a cache in blocks: a workgroup gathers it, then each invocation finds the range of whole blocks and writes them,
// so that no two write to one word. `storedDim4` is the kernel's: vectors of a row, a multiple of a block's 8.
var<workgroup> staged: array<vec4f, storedDim4>;

// Vector `i` of the row that begins at `row`, counted in fours.
fn stageCache(row: u32, i: u32, value: vec4f) {
  staged[i] = value;
}

// To be called by the whole workgroup when it has staged its row.
fn storeRow(row: u32, at: Invocation) {
  workgroupBarrier();
  for (var b = at.lane; b < storedDim4 / blockQuads; b += workgroupSize) {
    let first = b * blockQuads;
    var low = staged[first];
    var high = low;
    for (var i = 1u; i < blockQuads; i++) {
      low = min(low, staged[first + i]);
      high = max(high, staged[first + i]);
    }
    let least = min(min(low.x, low.y), min(low.z, low.w));
    let most = max(max(high.x, high.y), max(high.z, high.w));
    let line = pack2x16float(vec2f((most - least) / f32(codeMask), least));
    // Codes are for what will be read, not for what was rounded to it.
    let scaleAndMinimum = unpack2x16float(line);
    let inverse = select(0.0, 1.0 / scaleAndMinimum.x, scaleAndMinimum.x > 0.0);
    let block = (row / blockQuads + b) * blockWords;
    cache[block] = line;
    for (var word = 0u; word < blockQuads / quadsPerWord; word++) {
      var bits = 0u;
      for (var part = 0u; part < quadsPerWord; part++) {
        let steps = round((staged[first + word * quadsPerWord + part] - scaleAndMinimum.y) * inverse);
        let codes = vec4u(clamp(steps, vec4f(0.0), vec4f(f32(codeMask)))) << (codeShifts + part * 4u * codeBits);
        bits |= codes.x | codes.y | codes.z | codes.w;
      }
      cache[block + 1u + word] = bits;
    }
  }
}

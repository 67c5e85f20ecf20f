// What a token's fused query, key and value need before grouped-query attention: RMSNorm of each query and key head where the
// model has it, rotary embedding (arXiv 2104.09864) of queries and keys, and keys and values into the cache.
//   heads [tokens, queryHeads | kvHeads | kvHeads, 4 * headDim4] in the arena; queries are changed in place
//   rope [positions, pairs], (cos, sin) of pairs 2j and 2j + 1 in vector j of a position;  queryNorm, keyNorm [4 * headDim4]
//   cache: keys and values [kvHeads, capacity, 4 * headDim4] from `keys` and `values` on
// Token t stands at `position + t`, which must be below `capacity`.
// Workgroup (x, y): head x of token y. Constants: queryHeads, kvHeads, headDim4, rotary4 (rotated vectors of a head, even),
// interleaved (pairs are neighbours, else a half of the rotated dimensions apart), hasHeadNorm.

// Of a head's row in the cache.
const storedDim4 = headDim4;

struct Parameters {
  heads: u32,
  position: u32,
  capacity: u32,
  keys: u32,
  values: u32,
  rope: u32,
  queryNorm: u32,
  keyNorm: u32,
  epsilon: f32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let index = group.x;
  let isQuery = index < queryHeads;
  let isValue = index >= queryHeads + kvHeads;
  let position = parameters.position + group.y;
  let base = parameters.heads + (group.y * (queryHeads + 2u * kvHeads) + index) * headDim4;

  var squares = 0.0;
  for (var i = at.lane; i < headDim4; i += workgroupSize) {
    let x = arena[base + i];
    head[i] = x;
    squares += dot(x, x);
  }
  if (hasHeadNorm) {
    let mean = sumOverWorkgroup(vec4f(squares), at).x / f32(4u * headDim4);
    let factor = inverseSqrt(mean + parameters.epsilon);
    if (!isValue) {
      let norm = select(parameters.keyNorm, parameters.queryNorm, isQuery);
      for (var i = at.lane; i < headDim4; i += workgroupSize) {
        head[i] = head[i] * factor * vectors[norm + i];
      }
    }
  }
  workgroupBarrier();

  let kvHead = select(index - queryHeads, index - queryHeads - kvHeads, isValue);
  let stored = select(parameters.keys, parameters.values, isValue)
    + (kvHead * parameters.capacity + position) * headDim4;
  for (var i = at.lane; i < headDim4; i += workgroupSize) {
    var x = head[i];
    if (!isValue && i < rotary4) {
      x = rotated(i, x, parameters.rope + position * rotary4);
    }
    if (isQuery) {
      arena[base + i] = x;
    } else {
      stageCache(stored, i, x);
    }
  }
  if (!isQuery) {
    storeRow(stored, at);
  }
}

// What a token's projections need before absorbed latent attention (arXiv 2405.04434, section 2.1). The plain part of each query
// goes into the latent space, its rotary part is rotated to where the absorbed query wants it, and the latent vector is normed and
// stored with its rotated key:
//   absorbed[token, head] = W[head] · query[token, head, plain] | rotated(query[token, head, rotary])
//   W [queryHeads, 4 * latentDim4, 4 * plainDim4], of any block type
//   queries [tokens, queryHeads, 4 * (plainDim4 + rotary4)];  compressed [tokens, 4 * (latentDim4 + rotary4)], in the arena
//   absorbed [tokens, queryHeads, 4 * (latentDim4 + rotary4)]
//   cache: [positions, 4 * (latentDim4 + rotary4)] from `latents` on;  rope: as in rotateAndStore;  norm [4 * latentDim4]
// Token t stands at `position + t`.
// Workgroup (x, y), token y: x = head * latentDim4 + i makes rows 4 i to 4 i + 3 of that head's product; behind them is one that
// rotates for each head, and one for the latent vector and its key.
// Constants: queryHeads, plainDim4, latentDim4, rotary4, headDim4 (the same as rotary4), interleaved, unitsPerLane.

const storedDim4 = latentDim4 + rotary4;
const products = queryHeads * latentDim4;
// Of a row of W.
const rowBlocks = plainDim4 / 8u;

struct Parameters {
  queries: u32,
  queryTokenStride: u32,
  compressed: u32,
  compressedStride: u32,
  absorbed: u32,
  quants: u32,
  scales: u32,
  high: u32,
  position: u32,
  latents: u32,
  rope: u32,
  norm: u32,
  epsilon: f32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let token = group.y;
  let queries = parameters.queries + token * parameters.queryTokenStride;
  let absorbed = parameters.absorbed + token * queryHeads * storedDim4;
  if (group.x < products) {
    absorb(at, group.x, queries, absorbed);
    return;
  }
  let index = group.x - products;
  let position = parameters.position + token;
  let angles = parameters.rope + position * rotary4;
  if (index < queryHeads) {
    gatherRotary(at, queries + index * (plainDim4 + rotary4) + plainDim4);
    for (var i = at.lane; i < rotary4; i += workgroupSize) {
      arena[absorbed + index * storedDim4 + latentDim4 + i] = rotatedPart(i, angles);
    }
    return;
  }

  let stored = parameters.latents + position * storedDim4;
  let compressed = parameters.compressed + token * parameters.compressedStride;
  gatherRotary(at, compressed + latentDim4);
  for (var i = at.lane; i < rotary4; i += workgroupSize) {
    stageCache(stored, latentDim4 + i, rotatedPart(i, angles));
  }
  var squares = 0.0;
  for (var i = at.lane; i < latentDim4; i += workgroupSize) {
    let x = arena[compressed + i];
    squares += dot(x, x);
  }
  let mean = sumOverWorkgroup(vec4f(squares), at).x / f32(4u * latentDim4);
  let factor = inverseSqrt(mean + parameters.epsilon);
  for (var i = at.lane; i < latentDim4; i += workgroupSize) {
    stageCache(stored, i, arena[compressed + i] * factor * vectors[parameters.norm + i]);
  }
  storeRow(stored, at);
}

// Four rows of a head's product.
fn absorb(at: Invocation, index: u32, queries: u32, absorbed: u32) {
  let query = queries + index / latentDim4 * (plainDim4 + rotary4);
  let blocks = (4u * index + vec4u(0u, 1u, 2u, 3u)) * rowBlocks;
  var sums = vec4f(0.0);
  for (var first = at.lane * unitsPerLane; first < rowBlocks * 4u; first += workgroupSize * unitsPerLane) {
    for (var i = first; i < first + unitsPerLane; i++) {
      let block = i / 4u;
      let unit = i % 4u;
      sums += fourRows(blocks + block, unit, arena[query + block * 8u + unit], arena[query + block * 8u + 4u + unit]);
    }
  }
  sums = sumOverWorkgroup(sums, at);
  if (at.lane == 0u) {
    arena[absorbed + index / latentDim4 * storedDim4 + index % latentDim4] = sums;
  }
}

fn gatherRotary(at: Invocation, place: u32) {
  for (var i = at.lane; i < rotary4; i += workgroupSize) {
    head[i] = arena[place + i];
  }
  workgroupBarrier();
}

fn rotatedPart(i: u32, angles: u32) -> vec4f {
  return rotated(i, head[i], angles);
}

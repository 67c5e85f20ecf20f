// What a token's projections need before absorbed latent attention (arXiv 2405.04434, section 2.1): the latent vector is normed
// and stored with its rotated key, and the rotary part of each query is rotated to where the absorbed query wants it.
//   queries [tokens, queryHeads, 4 * (plainDim4 + rotary4)];  compressed [tokens, 4 * (latentDim4 + rotary4)], in the arena
//   absorbed [tokens, queryHeads, 4 * (latentDim4 + rotary4)]: the last rotary4 vectors of each head are written
//   cache: [positions, 4 * (latentDim4 + rotary4)] from `latents` on;  rope: as in rotateAndStore;  norm [4 * latentDim4]
// Token t stands at `position + t`.
// Workgroup (x, y): query head x of token y, and behind the last head the latent vector and key.
// Constants: queryHeads, plainDim4, latentDim4, rotary4, headDim4 (the same as rotary4), interleaved.

const storedDim4 = latentDim4 + rotary4;

struct Parameters {
  queries: u32,
  queryTokenStride: u32,
  compressed: u32,
  compressedStride: u32,
  absorbed: u32,
  position: u32,
  latents: u32,
  rope: u32,
  norm: u32,
  epsilon: f32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let isLatent = group.x == queryHeads;
  let token = group.y;
  let position = parameters.position + token;
  let angles = parameters.rope + position * rotary4;
  let stored = parameters.latents + position * (latentDim4 + rotary4);
  let compressed = parameters.compressed + token * parameters.compressedStride;

  var rotaryPart = compressed + latentDim4;
  if (!isLatent) {
    rotaryPart = parameters.queries + token * parameters.queryTokenStride + group.x * (plainDim4 + rotary4) + plainDim4;
  }
  for (var i = at.lane; i < rotary4; i += workgroupSize) {
    head[i] = arena[rotaryPart + i];
  }
  workgroupBarrier();
  let absorbed = parameters.absorbed + ((token * queryHeads + group.x) * (latentDim4 + rotary4)) + latentDim4;
  for (var i = at.lane; i < rotary4; i += workgroupSize) {
    let turned = rotated(i, head[i], angles);
    if (isLatent) {
      stageCache(stored, latentDim4 + i, turned);
    } else {
      arena[absorbed + i] = turned;
    }
  }
  if (isLatent) {
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
}

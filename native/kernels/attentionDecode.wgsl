// Attention of one token (or each of a few) over the cache, split over the positions (Flash-Decoding):
//   weights = softmax(scale * query · keys);  output[token, head] = weights · values
//   queries [tokens, heads, 4 * keyDim4] in the arena
//   cache: keys [kvHeads, positions, 4 * keyDim4] and values [kvHeads, positions, 4 * valueDim4], each with strides of its own.
//   Latent attention in its absorbed form (arXiv 2405.04434) is this with one key/value head, whose values are the first
//   dimensions of its keys.
// Token t sees the cache up to and with `position + t`.
// Workgroup (x, y, z): `groupHeads` query heads from x * groupHeads on, which share a key/value head (`tiles` workgroups for
// each), the positions of split y, token z. With one split the output is whole: [tokens, heads, 4 * valueDim4]. With more it
// is [tokens, heads, splits, 4 * valueDim4], not yet divided, and `sums` [tokens, heads, splits] gets the largest score and
// the sum of exponentials, from which attentionReduce makes the whole.
// Constants: groupHeads, tiles, keyDim4, valueDim4.

struct Parameters {
  queries: u32,
  queryTokenStride: u32,
  output: u32,
  sums: u32,
  keys: u32,
  keyStride: u32,
  keyHeadStride: u32,
  values: u32,
  valueStride: u32,
  valueHeadStride: u32,
  position: u32,
  splitLength: u32,
  scale: f32,
}

// Heads are worked on in fours, the last of which may be there in part only.
const quads = (groupHeads + 3u) / 4u;
// An invocation computes the score of one position, and then sums some dimensions of the values: `valueLanes` share out the
// dimensions, and where there are more invocations, `slices` share out the positions.
const valueLanes = min(valueDim4, workgroupSize);
const slices = workgroupSize / valueLanes;
const valuesPerLane = (valueDim4 + valueLanes - 1u) / valueLanes;
// Below every score, far enough from the largest float that differences are finite.
const lowest = -1.0e30;

var<workgroup> exponentials: array<vec4f, quads * workgroupSize>;
var<workgroup> exchange: array<vec4f, 4u * workgroupSize>;

@compute @workgroup_size(workgroupSize)
fn main(
  at: Invocation,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let token = group.z;
  let length = parameters.position + token + 1u;
  let first = group.y * parameters.splitLength;
  let end = min(length, first + parameters.splitLength);
  let firstHead = group.x * groupHeads;
  let kvHead = group.x / tiles;
  let queries = parameters.queries + token * parameters.queryTokenStride + firstHead * keyDim4;
  let keys = parameters.keys + kvHead * parameters.keyHeadStride;
  let values = parameters.values + kvHead * parameters.valueHeadStride;
  let valueLane = at.lane % valueLanes;
  let slice = at.lane / valueLanes;

  var largest: array<vec4f, quads>;
  var totals: array<vec4f, quads>;
  var outputs: array<vec4f, 4u * quads * valuesPerLane>;
  for (var quad = 0u; quad < quads; quad++) {
    largest[quad] = vec4f(lowest);
    totals[quad] = vec4f(0.0);
  }
  for (var i = 0u; i < 4u * quads * valuesPerLane; i++) {
    outputs[i] = vec4f(0.0);
  }

  for (var tile = first; tile < end; tile += workgroupSize) {
    let position = tile + at.lane;
    let isPosition = position < end;
    var scores: array<f32, 4u * quads>;
    for (var i = 0u; i < 4u * quads; i++) {
      scores[i] = 0.0;
    }
    if (isPosition) {
      let row = keys + position * parameters.keyStride;
      for (var i = 0u; i < keyDim4; i++) {
        let key = readCache(row + i);
        for (var h = 0u; h < groupHeads; h++) {
          scores[h] += dot(key, arena[queries + h * keyDim4 + i]);
        }
      }
    }
    for (var quad = 0u; quad < quads; quad++) {
      let four = vec4f(scores[4u * quad], scores[4u * quad + 1u], scores[4u * quad + 2u], scores[4u * quad + 3u]);
      let score = select(vec4f(lowest), parameters.scale * four, isPosition);
      let newLargest = max(largest[quad], maxOverWorkgroup(score, at));
      let correction = exp(largest[quad] - newLargest);
      let exponential = select(vec4f(0.0), exp(score - newLargest), isPosition);
      exponentials[quad * workgroupSize + at.lane] = exponential;
      // Each invocation's own sum; they meet after the last position.
      totals[quad] = totals[quad] * correction + exponential;
      largest[quad] = newLargest;
      for (var v = 0u; v < valuesPerLane; v++) {
        let place = 4u * quad * valuesPerLane + v;
        outputs[place] *= correction.x;
        outputs[place + valuesPerLane] *= correction.y;
        outputs[place + 2u * valuesPerLane] *= correction.z;
        outputs[place + 3u * valuesPerLane] *= correction.w;
      }
    }
    workgroupBarrier();
    // The next tile's first reduction has the barrier that lets these be overwritten.
    let count = min(workgroupSize, end - tile);
    if (slice < slices) {
      for (var p = slice; p < count; p += slices) {
        let row = values + (tile + p) * parameters.valueStride;
        for (var v = 0u; v < valuesPerLane; v++) {
          let dimension = valueLane + v * valueLanes;
          if (dimension < valueDim4) {
            let value = readCache(row + dimension);
            for (var quad = 0u; quad < quads; quad++) {
              let weight = exponentials[quad * workgroupSize + p];
              let place = 4u * quad * valuesPerLane + v;
              outputs[place] += weight.x * value;
              outputs[place + valuesPerLane] += weight.y * value;
              outputs[place + 2u * valuesPerLane] += weight.z * value;
              outputs[place + 3u * valuesPerLane] += weight.w * value;
            }
          }
        }
      }
    }
  }

  for (var quad = 0u; quad < quads; quad++) {
    totals[quad] = sumOverWorkgroup(totals[quad], at);
  }
  if (slices > 1u) {
    // The slices' sums meet, four heads between two barriers.
    for (var quad = 0u; quad < quads; quad++) {
      for (var v = 0u; v < valuesPerLane; v++) {
        let place = 4u * quad * valuesPerLane + v;
        workgroupBarrier();
        for (var h = 0u; h < 4u; h++) {
          exchange[h * workgroupSize + at.lane] = outputs[place + h * valuesPerLane];
        }
        workgroupBarrier();
        for (var other = 1u; other < slices; other++) {
          for (var h = 0u; h < 4u; h++) {
            outputs[place + h * valuesPerLane] += exchange[h * workgroupSize + other * valueLanes + valueLane];
          }
        }
      }
    }
  }
  let heads = groups.x * groupHeads;
  for (var h = 0u; h < groupHeads; h++) {
    let total = totals[h / 4u][h % 4u];
    let place = (token * heads + firstHead + h) * groups.y + group.y;
    for (var v = 0u; v < valuesPerLane; v++) {
      let sum = outputs[h * valuesPerLane + v];
      let dimension = valueLane + v * valueLanes;
      if (slice == 0u && dimension < valueDim4) {
        arena[parameters.output + place * valueDim4 + dimension] = select(sum, sum / total, groups.y == 1u);
      }
    }
    if (at.lane == 0u && groups.y > 1u) {
      arena[parameters.sums + place] = vec4f(largest[h / 4u][h % 4u], total, 0.0, 0.0);
    }
  }
}

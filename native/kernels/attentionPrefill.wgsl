// Causal attention of many tokens, in tiles, with an online softmax (FlashAttention-2, arXiv 2307.08691):
//   output[token, head] = softmax(scale * query · keys) · values, over the cache up to and with the token's own position
//   queries [tokens, heads, 4 * keyDim4], tokens `queryTokenStride` apart;  output [tokens, heads, 4 * valueDim4]
//   cache: keys [kvHeads, capacity, 4 * keyDim4], values [kvHeads, capacity, 4 * valueDim4]; those of the tokens are in it
// Workgroup (x, y): key/value head y, and a tile of workgroupSize queries that share it: the `groupHeads` heads of a token are
// neighbours. An invocation owns one query. Keys and values come through the workgroup's memory, `tilePositions` at a time, as
// halves where there is f16. Constants: groupHeads, keyDim4, valueDim4, tilePositions.

struct Parameters {
  queries: u32,
  queryTokenStride: u32,
  output: u32,
  keys: u32,
  values: u32,
  capacity: u32,
  position: u32,
  tokens: u32,
  scale: f32,
}

const lowest = -1.0e30;

var<workgroup> keyTile: array<vec4<Tile>, tilePositions * keyDim4>;
var<workgroup> valueTile: array<vec4<Tile>, tilePositions * valueDim4>;

@compute @workgroup_size(workgroupSize)
fn main(
  at: Invocation,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let firstRow = group.x * workgroupSize;
  let row = firstRow + at.lane;
  // Rows beyond the last are computed as the last token's, and never stored.
  let lastToken = parameters.tokens - 1u;
  let token = min(row / groupHeads, lastToken);
  let head = group.y * groupHeads + row % groupHeads;
  let ownPosition = parameters.position + token;
  let end = parameters.position + min((firstRow + workgroupSize - 1u) / groupHeads, lastToken) + 1u;

  var query: array<vec4f, keyDim4>;
  for (var i = 0u; i < keyDim4; i++) {
    query[i] = parameters.scale * arena[parameters.queries + token * parameters.queryTokenStride + head * keyDim4 + i];
  }
  var largest = lowest;
  var total = 0.0;
  var sums: array<vec4f, valueDim4>;
  for (var i = 0u; i < valueDim4; i++) {
    sums[i] = vec4f(0.0);
  }

  let keys = parameters.keys + group.y * parameters.capacity * keyDim4;
  let values = parameters.values + group.y * parameters.capacity * valueDim4;
  for (var tile = 0u; tile < end; tile += tilePositions) {
    let count = min(tilePositions, end - tile);
    for (var i = at.lane; i < count * keyDim4; i += workgroupSize) {
      keyTile[i] = vec4<Tile>(readCache(keys + tile * keyDim4 + i));
    }
    for (var i = at.lane; i < count * valueDim4; i += workgroupSize) {
      valueTile[i] = vec4<Tile>(readCache(values + tile * valueDim4 + i));
    }
    workgroupBarrier();

    var scores: array<f32, tilePositions>;
    var newLargest = largest;
    for (var p = 0u; p < count; p++) {
      var score = 0.0;
      for (var i = 0u; i < keyDim4; i++) {
        score += dot(query[i], vec4f(keyTile[p * keyDim4 + i]));
      }
      scores[p] = select(lowest, score, tile + p <= ownPosition);
      newLargest = max(newLargest, scores[p]);
    }
    // The first tile holds position 0, which every query sees: from then on `newLargest` is a score.
    let correction = exp(largest - newLargest);
    largest = newLargest;
    total *= correction;
    for (var i = 0u; i < valueDim4; i++) {
      sums[i] *= correction;
    }
    for (var p = 0u; p < count; p++) {
      let exponential = exp(scores[p] - largest);
      total += exponential;
      for (var i = 0u; i < valueDim4; i++) {
        sums[i] += exponential * vec4f(valueTile[p * valueDim4 + i]);
      }
    }
    workgroupBarrier();
  }

  if (row / groupHeads <= lastToken) {
    let output = parameters.output + (token * groups.y * groupHeads + head) * valueDim4;
    for (var i = 0u; i < valueDim4; i++) {
      arena[output + i] = sums[i] / total;
    }
  }
}

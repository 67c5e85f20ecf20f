// Sorts the choices of many tokens by expert, and cuts each expert's into tiles of `tileTokens` at most:
//   state[choices + i], i < count: the expert of choice i
//   state[sorted + j]: a choice; those of an expert lie together, in any order
//   state[tiles + 3 t], t < tileCount: a tile's expert, the first of its choices in `sorted`, and how many it has; none is the
//   expert of tiles that are not needed
// One workgroup does it all: count, scan, scatter. Constants: experts, tileTokens.

struct Parameters {
  choices: u32,
  count: u32,
  sorted: u32,
  tiles: u32,
  tileCount: u32,
}

const none = 0xffffffffu;

// How many choices an expert has, and then how many of them have their place.
var<workgroup> counts: array<atomic<u32>, experts>;
// Where an expert's choices and tiles begin, and behind the last expert's end.
var<workgroup> firstChoices: array<u32, experts + 1u>;
var<workgroup> firstTiles: array<u32, experts + 1u>;

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation) {
  for (var e = at.lane; e < experts; e += workgroupSize) {
    atomicStore(&counts[e], 0u);
  }
  workgroupBarrier();
  for (var i = at.lane; i < parameters.count; i += workgroupSize) {
    atomicAdd(&counts[readState(parameters.choices + i)], 1u);
  }
  workgroupBarrier();
  if (at.lane == 0u) {
    var choices = 0u;
    var tiles = 0u;
    for (var e = 0u; e < experts; e++) {
      firstChoices[e] = choices;
      firstTiles[e] = tiles;
      let own = atomicLoad(&counts[e]);
      choices += own;
      tiles += (own + tileTokens - 1u) / tileTokens;
      atomicStore(&counts[e], 0u);
    }
    firstChoices[experts] = choices;
    firstTiles[experts] = tiles;
  }
  workgroupBarrier();
  for (var i = at.lane; i < parameters.count; i += workgroupSize) {
    let expert = readState(parameters.choices + i);
    let place = firstChoices[expert] + atomicAdd(&counts[expert], 1u);
    writeState(parameters.sorted + place, i);
  }
  for (var e = at.lane; e < experts; e += workgroupSize) {
    let end = firstChoices[e + 1u];
    var first = firstChoices[e];
    for (var t = firstTiles[e]; t < firstTiles[e + 1u]; t++) {
      writeState(parameters.tiles + 3u * t, e);
      writeState(parameters.tiles + 3u * t + 1u, first);
      writeState(parameters.tiles + 3u * t + 2u, min(tileTokens, end - first));
      first += tileTokens;
    }
  }
  for (var t = firstTiles[experts] + at.lane; t < parameters.tileCount; t += workgroupSize) {
    writeState(parameters.tiles + 3u * t, none);
  }
}

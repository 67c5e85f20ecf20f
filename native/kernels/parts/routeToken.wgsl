// Which experts a token goes to, and with what weight (DeepSeekMoE, arXiv 2401.06066; arXiv 2412.19437, section 2.1.2):
//   scores = softmax(logits) or sigmoid(logits);  ranks = scores, plus a bias for the choice alone
//   of `groupCount` equal groups only the best `chosenGroups` may be chosen from: a group is worth its best rank, or with a
//   selection bias the sum of its two best
//   chosen: the topK best ranks, the lower index first among equals;  weight = scale * score (/ sum of the chosen scores)
//   logits [tokens, experts], `stride` vectors apart, in the arena;  bias [experts] in vectors
//   state[choices + token * slots + i] = expert, state[weights + token * slots + i] = its weight's bits
//   `sharedSlots` of a token's slots (topK + sharedSlots).
//   `sharedSlots` of a token's slots (topK + sharedSlots).
// Constants: experts, topK, sigmoidGate (else softmax), hasSelectionBias, normalizeWeights, groupCount (1: no groups), chosenGroups,
// sharedSlots.

const slots = topK + sharedSlots;
const groupSize = experts / groupCount;
const excluded = -1.0e30;
// The least sum that weights are divided by, as in llama.cpp: the least normal number of F16.
const leastSum = 6.103515625e-05;

var<workgroup> scores: array<f32, experts>;
var<workgroup> ranks: array<f32, experts>;
var<workgroup> worths: array<f32, groupCount>;
var<workgroup> chosen: array<u32, topK>;

// All of a workgroup call it.
fn routeToken(token: u32, at: Invocation) {
  let logits = parameters.logits + token * parameters.stride;
  var largest = excluded;
  for (var e = at.lane; e < experts; e += workgroupSize) {
    largest = max(largest, arena[logits + e / 4u][e % 4u]);
  }
  largest = maxOverWorkgroup(vec4f(largest), at).x;
  var sum = 0.0;
  for (var e = at.lane; e < experts; e += workgroupSize) {
    let logit = arena[logits + e / 4u][e % 4u];
    let score = select(exp(logit - largest), 1.0 / (1.0 + exp(-logit)), sigmoidGate);
    scores[e] = score;
    sum += score;
  }
  sum = sumOverWorkgroup(vec4f(sum), at).x;
  for (var e = at.lane; e < experts; e += workgroupSize) {
    let score = select(scores[e] / sum, scores[e], sigmoidGate);
    scores[e] = score;
    ranks[e] = score;
    if (hasSelectionBias) {
      ranks[e] += vectors[parameters.bias + e / 4u][e % 4u];
    }
  }
  workgroupBarrier();

  if (groupCount > 1u) {
    for (var g = at.lane; g < groupCount; g += workgroupSize) {
      var best = excluded;
      var second = excluded;
      for (var e = g * groupSize; e < (g + 1u) * groupSize; e++) {
        second = max(second, min(best, ranks[e]));
        best = max(best, ranks[e]);
      }
      worths[g] = best;
      if (hasSelectionBias && groupSize > 1u) {
        worths[g] += second;
      }
    }
    workgroupBarrier();
    for (var g = at.lane; g < groupCount; g += workgroupSize) {
      var better = 0u;
      for (var other = 0u; other < groupCount; other++) {
        better += select(0u, 1u, worths[other] > worths[g] || (worths[other] == worths[g] && other < g));
      }
      if (better >= chosenGroups) {
        for (var e = g * groupSize; e < (g + 1u) * groupSize; e++) {
          ranks[e] = excluded;
        }
      }
    }
    workgroupBarrier();
  }

  // Each expert finds its own place: no two have the same.
  for (var e = at.lane; e < experts; e += workgroupSize) {
    var better = 0u;
    for (var other = 0u; other < experts; other++) {
      better += select(0u, 1u, ranks[other] > ranks[e] || (ranks[other] == ranks[e] && other < e));
    }
    if (better < topK) {
      chosen[better] = e;
    }
  }
  workgroupBarrier();
  for (var i = at.lane; i < topK; i += workgroupSize) {
    var divisor = 1.0;
    if (normalizeWeights) {
      divisor = 0.0;
      for (var other = 0u; other < topK; other++) {
        divisor += scores[chosen[other]];
      }
      divisor = max(divisor, leastSum);
    }
    let place = token * slots + i;
    writeState(parameters.choices + place, chosen[i]);
    writeState(parameters.weights + place, bitcast<u32>(scores[chosen[i]] / divisor * parameters.scale));
  }
  for (var i = at.lane; i < sharedSlots; i += workgroupSize) {
    let place = token * slots + topK + i;
    writeState(parameters.choices + place, experts + i);
    writeState(parameters.weights + place, bitcast<u32>(1.0));
  }
}

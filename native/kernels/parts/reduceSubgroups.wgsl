// Reductions over a workgroup: within each subgroup by its own instruction, between subgroups through the workgroup's
// memory. Any subgroup size. All invocations must call together; all get the result.

struct Invocation {
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) subgroupLane: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) subgroups: u32,
}

// One for each subgroup; the smallest subgroup there may be has one invocation.
var<workgroup> reduced: array<vec4f, workgroupSize>;

fn sumOverWorkgroup(value: vec4f, at: Invocation) -> vec4f {
  let part = subgroupAdd(value);
  // Nobody may still be reading what an earlier reduction left.
  workgroupBarrier();
  if (at.subgroupLane == 0u) {
    reduced[at.subgroup] = part;
  }
  workgroupBarrier();
  var sum = reduced[0];
  for (var i = 1u; i < at.subgroups; i++) {
    sum += reduced[i];
  }
  return sum;
}

fn maxOverWorkgroup(value: vec4f, at: Invocation) -> vec4f {
  let part = subgroupMax(value);
  workgroupBarrier();
  if (at.subgroupLane == 0u) {
    reduced[at.subgroup] = part;
  }
  workgroupBarrier();
  var largest = reduced[0];
  for (var i = 1u; i < at.subgroups; i++) {
    largest = max(largest, reduced[i]);
  }
  return largest;
}

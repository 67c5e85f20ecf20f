// Reductions over a workgroup through its memory, for adapters without subgroups. `workgroupSize` is a power of two. All
// invocations must call together; all get the result.

struct Invocation {
  @builtin(local_invocation_index) lane: u32,
}

var<workgroup> reduced: array<vec4f, workgroupSize>;

fn sumOverWorkgroup(value: vec4f, at: Invocation) -> vec4f {
  // Nobody may still be reading what an earlier reduction left.
  workgroupBarrier();
  reduced[at.lane] = value;
  workgroupBarrier();
  for (var width = workgroupSize / 2u; width > 0u; width /= 2u) {
    if (at.lane < width) {
      reduced[at.lane] += reduced[at.lane + width];
    }
    workgroupBarrier();
  }
  return reduced[0];
}

fn maxOverWorkgroup(value: vec4f, at: Invocation) -> vec4f {
  workgroupBarrier();
  reduced[at.lane] = value;
  workgroupBarrier();
  for (var width = workgroupSize / 2u; width > 0u; width /= 2u) {
    if (at.lane < width) {
      reduced[at.lane] = max(reduced[at.lane], reduced[at.lane + width]);
    }
    workgroupBarrier();
  }
  return reduced[0];
}

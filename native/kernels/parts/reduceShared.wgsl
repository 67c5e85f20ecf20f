// Reductions over a workgroup through its memory, for adapters without subgroups. `workgroupSize` is a power of two. All
// invocations must call together; all get the result.

struct Invocation {
  @builtin(local_invocation_index) lane: u32,
}

// Two steps, each with as many numbers for one invocation as the other has invocations: three barriers for any size, where a
// tree has one for each doubling.
const columns = 1u << ((countTrailingZeros(workgroupSize) + 1u) / 2u);

var<workgroup> reduced: array<vec4f, workgroupSize>;

fn sumOverWorkgroup(value: vec4f, at: Invocation) -> vec4f {
  // Nobody may still be reading what an earlier reduction left.
  workgroupBarrier();
  reduced[at.lane] = value;
  workgroupBarrier();
  if (at.lane < columns) {
    var sum = reduced[at.lane];
    for (var i = at.lane + columns; i < workgroupSize; i += columns) {
      sum += reduced[i];
    }
    reduced[at.lane] = sum;
  }
  workgroupBarrier();
  var sum = reduced[0];
  for (var i = 1u; i < columns; i++) {
    sum += reduced[i];
  }
  return sum;
}

fn maxOverWorkgroup(value: vec4f, at: Invocation) -> vec4f {
  workgroupBarrier();
  reduced[at.lane] = value;
  workgroupBarrier();
  if (at.lane < columns) {
    var largest = reduced[at.lane];
    for (var i = at.lane + columns; i < workgroupSize; i += columns) {
      largest = max(largest, reduced[i]);
    }
    reduced[at.lane] = largest;
  }
  workgroupBarrier();
  var largest = reduced[0];
  for (var i = 1u; i < columns; i++) {
    largest = max(largest, reduced[i]);
  }
  return largest;
}

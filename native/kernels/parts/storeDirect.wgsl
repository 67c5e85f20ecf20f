// A row of a cache of floats or halves: each vector goes to its place at once.

fn stageCache(row: u32, i: u32, value: vec4f) {
  writeCache(row + i, value);
}

fn storeRow(row: u32, at: Invocation) {
}

// The KV cache in single precision: four numbers in 16 bytes.

alias CacheQuad = vec4f;
@group(0) @binding(4) var<storage, read_write> cache: array<CacheQuad>;

// The four numbers at `index`, counted in fours.
fn readCache(index: u32) -> vec4f {
  return cache[index];
}

fn writeCache(index: u32, value: vec4f) {
  cache[index] = value;
}

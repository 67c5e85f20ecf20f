// The KV cache in half precision: four numbers in 8 bytes.

alias CacheQuad = vec2u;
@group(0) @binding(4) var<storage, read_write> cache: array<CacheQuad>;

// The four numbers at `index`, counted in fours.
fn readCache(index: u32) -> vec4f {
  let quad = cache[index];
  return vec4f(unpack2x16float(quad.x), unpack2x16float(quad.y));
}

fn writeCache(index: u32, value: vec4f) {
  cache[index] = vec2u(pack2x16float(value.xy), pack2x16float(value.zw));
}

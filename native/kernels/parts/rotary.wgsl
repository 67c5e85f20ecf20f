// Rotary embedding (arXiv 2104.09864) of a head that lies in the workgroup's memory. The table holds (cos, sin) of pairs 2j
// and 2j + 1 of a position in its vector j: `rotary4` vectors a position, computed on the host, because WGSL promises no more
// than 2^-11 for sin and cos.
var<workgroup> head: array<vec4f, headDim4>;

// Vector `i` of the head, turned by the angles that lie from `angles` on.
fn rotated(i: u32, x: vec4f, angles: u32) -> vec4f {
  if (interleaved) {
    let turn = vectors[angles + i];
    return vec4f(
      x.x * turn.x - x.y * turn.y, x.x * turn.y + x.y * turn.x,
      x.z * turn.z - x.w * turn.w, x.z * turn.w + x.w * turn.z,
    );
  }
  const apart = rotary4 / 2u;
  let isFirst = i < apart;
  let pairs = 2u * select(i - apart, i, isFirst);
  let near = vectors[angles + pairs];
  let far = vectors[angles + pairs + 1u];
  let cosines = vec4f(near.x, near.z, far.x, far.z);
  let sines = vec4f(near.y, near.w, far.y, far.w);
  if (isFirst) {
    return x * cosines - head[i + apart] * sines;
  }
  return head[i - apart] * sines + x * cosines;
}

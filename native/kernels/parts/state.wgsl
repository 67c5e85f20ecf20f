// What stays on the GPU from dispatch to dispatch: token ids, chosen experts and their weights, tokens by expert, the best logits.
// Atomic, because some of it is counted; what is not is written by one invocation and read by later dispatches.
@group(0) @binding(5) var<storage, read_write> state: array<atomic<u32>>;

fn readState(index: u32) -> u32 {
  return atomicLoad(&state[index]);
}

fn writeState(index: u32, value: u32) {
  atomicStore(&state[index], value);
}

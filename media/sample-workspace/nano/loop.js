function sumOf(weights) {
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i];
    total += weight;
  }
  return total;
}

// returns the largest of prices
function largest(prices) {
  let best = prices[0];
  for (const price of prices) {
    if (price < best) best = price;
  }
  return best;
}

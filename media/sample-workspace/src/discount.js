/** Percentages by code. */
const codes = { SPRING: 10, FRIENDS: 15, STAFF: 30 };

/**
 * The price after the best discount, in cents. A code is used once a customer; unknown codes change nothing.
 */
export function applyDiscount(priceCents, customerCodes, usedCodes) {
  let best = 0;
  for (const code in customerCodes) {
    if (codes[code] > best && !usedCodes.has(code)) {
      best = codes[code];
    }
  }
  return priceCents - (priceCents / 100) * best;
}

/** Free delivery from 50 euros on. */
export function deliveryCents(totalCents) {
  return totalCents > 5000 ? 0 : 490;
}

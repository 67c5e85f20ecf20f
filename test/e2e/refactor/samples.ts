/** Programs that the embedded model refactors right, greedily. */
export const totals = `var prices = [5, 8];
const rate = 2;
var total = 0;
for (const price of prices) {
  total += price * rate;
}
console.log(total);
`;
export const sum = `function sumOf(weights) {
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i];
    total += weight;
  }
  return total;
}
`;
export const fee = `// What a parcel costs.

function fee(weight: number, express: boolean): number {
  if (weight > 0) {
    if (express) {
      return weight * 2;
    }
  }
  return 0;
}
`;
export const flatFee = `// What a parcel costs.

function fee(weight: number, express: boolean): number {
  if (weight <= 0) return 0;
  if (!express) return 0;
  return weight * 2;
}
`;

/** Long enough to be stopped in the middle: the larger model repeats it function by function. */
export const long = [
  'apple',
  'pear',
  'plum',
  'cherry',
  'grape',
  'lemon',
  'lime',
  'orange',
  'melon',
  'mango',
  'peach',
  'apricot',
  'banana',
  'fig',
  'kiwi',
  'quince',
  'currant',
  'papaya',
  'date',
  'guava',
]
  .map(
    (fruit, row) =>
      `function ${fruit}Price(count) {\n  var price = ${row + 5};\n  return price * count;\n}\n`,
  )
  .join('');

var prices = [5, 8];
var total = 0;
for (var i = 0; i < prices.length; i++) {
  total += prices[i];
}
console.log(total);

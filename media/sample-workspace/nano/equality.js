function isFree(price) {
  if (price == 0) {
    return true;
  }
  return false;
}

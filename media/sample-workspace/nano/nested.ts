function fee(weight: number, express: boolean): number {
  if (weight > 0) {
    if (express) {
      return weight * 2;
    }
  }
  return 0;
}

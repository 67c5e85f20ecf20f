/** Above any model that runs on one machine, and small enough that products of two stay exact numbers. */
export const SIZE_LIMITS = {
  width: 1 << 20,
  heads: 4096,
  context: 2 ** 31 - 1,
  /** Records of routing hold experts as 16-bit numbers. */
  experts: 65_535,
} as const;

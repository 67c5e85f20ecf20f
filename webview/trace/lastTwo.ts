/** Two at most: with a third one the one that was chosen first goes. In the order in which they were chosen. */
export function lastTwo(chosen: readonly number[], added: number): readonly number[] {
  return [...chosen.filter((each) => each !== added), added].slice(-2);
}

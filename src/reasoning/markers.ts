/** The two tags that enclose a thought in a model's reply. Neither is empty. */
export interface ThoughtMarkers {
  readonly open: string;
  readonly close: string;
}

/** What DeepSeek-R1 and its distills, QwQ and Qwen3 write. */
export const THINK_MARKERS: ThoughtMarkers = { open: '<think>', close: '</think>' };

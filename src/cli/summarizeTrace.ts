import { GlassboxError } from '../protocol/errors.ts';
import type { OutlineStep } from '../reasoning/outline/outline.ts';
import { outlineThought } from '../reasoning/outline/outlineThought.ts';
import { relateAnswer, type AnswerRelation } from '../reasoning/outline/relateAnswer.ts';
import { leastLikely } from '../reasoning/trace/leastLikely.ts';
import type { OpenedTrace } from '../reasoning/trace/readTraceSteps.ts';
import { ALTERNATIVES, TOKEN_CHANNELS, type TraceAbout, type TraceTokens } from '../reasoning/trace/trace.ts';
import { traceExperts, type TraceExperts } from '../reasoning/trace/traceExperts.ts';
import type { Channel } from '../protocol/generation.ts';

/** How many of the least likely tokens are told. */
const UNLIKELY = 10;
/** Text before an unlikely token. */
const CONTEXT_TOKENS = 8;

/** A trace's figures, as data. */
export interface TraceSummary {
  readonly about: TraceAbout;
  /** What of the file could not be read. */
  readonly problems: readonly string[];
  readonly tokens: { readonly thought: number; readonly answer: number };
  /** Of the tokens that have a probability: absent when none has. */
  readonly certainty?: { readonly meanProbability: number; readonly meanEntropyNats: number };
  readonly outline: readonly OutlineStep[];
  readonly relation: AnswerRelation;
  /** Least likely first. */
  readonly unlikely: readonly UnlikelyToken[];
  /** Absent for a model without experts. */
  readonly experts?: TraceExperts;
}

export interface UnlikelyToken {
  readonly index: number;
  readonly channel: Channel;
  readonly before: string;
  readonly text: string;
  readonly probability: number;
  /** What the model thought most likely, where that is known. */
  readonly best?: { readonly text: string; readonly probability: number };
}

export function summarizeTrace({ trace, problems }: OpenedTrace): TraceSummary {
  const { about, thought, answer, tokens } = trace;
  const outline = outlineThought(thought);
  const experts = traceExperts(trace);
  const certainty = certaintyOf(tokens);
  const inThought = tokens.channels.filter((channel) => channelOf(channel) === 'thought').length;
  return {
    about,
    problems,
    tokens: { thought: inThought, answer: tokens.count - inThought },
    ...(certainty && { certainty }),
    outline: outline.steps,
    relation: relateAnswer(thought, outline, answer),
    unlikely: leastLikely(tokens, UNLIKELY).map((index) => unlikelyToken(tokens, index)),
    ...(experts && { experts }),
  };
}

function certaintyOf({ logProbabilities, entropies }: TraceTokens): TraceSummary['certainty'] {
  const probabilities = logProbabilities.filter((value) => !Number.isNaN(value)).map(Math.exp);
  const known = entropies.filter((value) => !Number.isNaN(value));
  if (probabilities.length === 0) return undefined;
  const mean = (values: Float32Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return { meanProbability: mean(probabilities), meanEntropyNats: known.length === 0 ? NaN : mean(known) };
}

function unlikelyToken(tokens: TraceTokens, index: number): UnlikelyToken {
  const textOf = (id: number | undefined): string => tokens.texts.get(id ?? -1) ?? '\uFFFD';
  const best = tokens.alternativeLogProbabilities[index * ALTERNATIVES] ?? NaN;
  return {
    index,
    channel: channelOf(tokens.channels[index] ?? 0),
    before: [...tokens.ids.subarray(Math.max(0, index - CONTEXT_TOKENS), index)].map(textOf).join(''),
    text: textOf(tokens.ids[index]),
    probability: Math.exp(tokens.logProbabilities[index] ?? NaN),
    ...(!Number.isNaN(best) && {
      best: { text: textOf(tokens.alternativeIds[index * ALTERNATIVES]), probability: Math.exp(best) },
    }),
  };
}

function channelOf(index: number): Channel {
  const channel = TOKEN_CHANNELS[index];
  if (!channel) throw new GlassboxError('internal', `There is no channel ${index}.`);
  return channel;
}

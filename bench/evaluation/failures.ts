import { MODE_TITLES } from './report.ts';
import type { Reply, Run } from './results.ts';
import { SET_TITLES, type Sample } from './sample.ts';
import { byTask } from './summary.ts';

/** Of each task the first `count` replies that are wrong or have a wrong form, for people to read. */
export function describeFailures(run: Run, samples: readonly Sample[], count: number): string {
  const asked = new Map(samples.map((sample) => [sample.id, sample]));
  const texts = [...byTask(run.replies).values()].flatMap((replies) =>
    replies
      .filter(({ correct, problem }) => !correct || problem !== undefined)
      .slice(0, count)
      .map((reply) => describeFailure(run, reply, asked.get(reply.id))),
  );
  return texts.join('\n');
}

function describeFailure(run: Run, reply: Reply, sample: Sample | undefined): string {
  const verdict = [
    reply.correct ? 'right' : 'wrong',
    ...(reply.problem === undefined ? [] : [`form: ${reply.problem}`]),
    ...(reply.finishReason === 'stop' ? [] : [`finished: ${reply.finishReason}`]),
  ];
  return [
    `==== ${reply.id} (${SET_TITLES[run.set]}, ${MODE_TITLES[run.mode]}): ${verdict.join(', ')}`,
    section('question', sample?.question ?? ''),
    section('expected', sample?.answer ?? ''),
    ...(reply.thought === '' ? [] : [section('thought', reply.thought)]),
    section('got', reply.answer),
  ].join('\n');
}

const section = (name: string, text: string): string => `-- ${name}\n${text}`;

import { Environment, parse, tokenize } from '@huggingface/jinja';
import { BoundedInterpreter } from './boundedInterpreter.ts';
import { writtenNodes } from './syntaxTree.ts';
import { templateError, TemplateLimitError, TemplateRefusal } from './templateErrors.ts';
import type { TemplateLimits } from './templateLimits.ts';
import { formatTime } from './timeFormat.ts';
import { withTimeLimit } from './timeLimit.ts';

/** What a template sees: data only. */
export type TemplateVariables = Readonly<Record<string, unknown>>;

/**
 * Renders a Jinja chat template. A template can compute, and nothing else: it sees `variables`, has no access to
 * JavaScript objects, and is stopped at every limit.
 * @param now what `strftime_now` formats
 * @throws GlassboxError `template/limit` when a limit was reached, `template/failed` for everything else
 */
export function renderTemplate(
  source: string,
  variables: TemplateVariables,
  limits: TemplateLimits,
  now: Date,
): string {
  try {
    if (source.length > limits.sourceCharacters) {
      throw new TemplateLimitError(`is longer than ${String(limits.sourceCharacters)} characters`);
    }
    return withTimeLimit(limits.timeMs, () => {
      // The options of Hugging Face's `apply_chat_template`.
      const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
      const environment = globals(limits, now);
      for (const [name, value] of Object.entries(variables)) environment.set(name, value);
      const rendered = new BoundedInterpreter(environment, limits, writtenNodes(program)).run(program);
      return String(rendered.value);
    });
  } catch (error) {
    throw templateError(error);
  }
}

/** The names every chat template may use (transformers, `apply_chat_template`). */
function globals(limits: TemplateLimits, now: Date): Environment {
  const environment = new Environment();
  for (const name of ['true', 'True']) environment.set(name, true);
  for (const name of ['false', 'False']) environment.set(name, false);
  for (const name of ['none', 'None']) environment.set(name, null);
  environment.set('raise_exception', (message: unknown) => {
    throw new TemplateRefusal(String(message));
  });
  environment.set('range', (start: unknown, stop: unknown, step: unknown) =>
    range(start, stop, step, limits.elements),
  );
  environment.set('strftime_now', (format: unknown) => formatTime(now, String(format)));
  return environment;
}

function range(first: unknown, second: unknown, third: unknown, elements: number): number[] {
  const [start, stop] = second === undefined ? [0, Number(first)] : [Number(first), Number(second)];
  const step = third === undefined ? 1 : Number(third);
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (step === 0 || Number.isNaN(length))
    throw new Error('range() needs numbers and a step that is not zero');
  if (length > elements)
    throw new TemplateLimitError(`made a range of more than ${String(elements)} elements`);
  return Array.from({ length }, (_, index) => start + index * step);
}

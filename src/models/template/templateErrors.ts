import { GlassboxError } from '../../protocol/errors.ts';

/** The template asked for more than it may have. */
export class TemplateLimitError extends Error {
  override readonly name = 'TemplateLimitError';
}

/** The template itself refused the conversation, with `raise_exception`. */
export class TemplateRefusal extends Error {
  override readonly name = 'TemplateRefusal';
}

/** Anything thrown while a template was parsed or rendered, as an error for people. */
export function templateError(thrown: unknown): GlassboxError {
  if (thrown instanceof GlassboxError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const limit = limitReached(thrown, message);
  if (limit !== undefined) {
    return new GlassboxError(
      'template/limit',
      `The model file's chat template was stopped: it ${limit}. The file may be damaged or hostile; use another file of this model.`,
      undefined,
      { cause: thrown },
    );
  }
  const verb = thrown instanceof TemplateRefusal ? 'refused this conversation' : 'failed';
  return new GlassboxError(
    'template/failed',
    `The model file's chat template ${verb}: ${readable(message)}`,
    undefined,
    { cause: thrown },
  );
}

function limitReached(thrown: unknown, message: string): string | undefined {
  if (thrown instanceof TemplateLimitError) return message;
  if (errorCode(thrown) === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'ran for too long';
  if (!(thrown instanceof RangeError)) return undefined;
  return message.includes('call stack') ? 'nests too deeply' : 'made a value that is too large';
}

function errorCode(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
}

/** The message may be the template's own words: one line, of a length that fits a notice. */
function readable(message: string): string {
  const line = message.replace(/[\s\p{C}]+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

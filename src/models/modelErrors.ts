import { GlassboxError } from '../protocol/errors.ts';

/** `details` of every `model/*` error raised while a file is opened: which file, and what in it. */
export interface ModelFileFault {
  readonly file: string;
  /** A metadata key, a tensor's name or a part of the header. */
  readonly field: string;
}

/** The file contradicts itself, its format or its own size. */
export function corrupt(file: string, field: string, problem: string, cause?: unknown): GlassboxError {
  return fault(
    'model/corrupt',
    file,
    field,
    `${fileName(file)} is damaged: ${field} ${problem}. Download or convert the model again.`,
    cause,
  );
}

/** The file may be fine, but Glassbox does not run what it holds. `problem` says what would be accepted. */
export function unsupported(file: string, field: string, problem: string): GlassboxError {
  return fault('model/unsupported', file, field, `${fileName(file)} cannot be used: ${field} ${problem}.`);
}

/** What the operating system said about a path. */
export function unreadable(file: string, cause: unknown): GlassboxError {
  const code = errorCode(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return fault(
      'model/notFound',
      file,
      'path',
      `There is no model file at ${file}. Choose another one.`,
      cause,
    );
  const reason = cause instanceof Error ? cause.message : String(cause);
  return fault('model/unreadable', file, 'path', `${fileName(file)} cannot be read: ${reason}.`, cause);
}

/** Text from a file, safe to put into a message: quoted, on one line, at most 80 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

function fault(
  code: 'model/corrupt' | 'model/unsupported' | 'model/notFound' | 'model/unreadable',
  file: string,
  field: string,
  message: string,
  cause?: unknown,
): GlassboxError {
  const details: ModelFileFault = { file, field };
  return new GlassboxError(code, message, details, cause === undefined ? undefined : { cause });
}

function fileName(file: string): string {
  return file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
}

function errorCode(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
}

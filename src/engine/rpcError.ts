import { ResponseError } from 'vscode-jsonrpc/node';
import type { ErrorData } from '../protocol/engine.ts';
import { GlassboxError } from '../protocol/errors.ts';

/** JSON-RPC leaves -32000 to -32099 to servers; what programs branch on is `data.code`. */
const SERVER_ERROR = -32000;

/** Anything thrown, as a JSON-RPC error that still carries code, message and details of a GlassboxError. */
export function toResponseError(thrown: unknown): ResponseError<ErrorData> {
  const error = GlassboxError.from(thrown);
  return new ResponseError<ErrorData>(SERVER_ERROR, error.message, {
    code: error.code,
    ...(error.details === undefined ? {} : { details: error.details }),
  });
}

import * as v from 'valibot';
import { GlassboxError } from '../protocol/errors.ts';

/**
 * A request's parameters as its schema declares them.
 * @throws GlassboxError `request/invalid` that names every wrong field.
 */
export function parseParams<S extends v.GenericSchema>(
  schema: S,
  params: unknown,
  method: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, params);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'params'}: ${issue.message}`);
  throw new GlassboxError(
    'request/invalid',
    `The request ${method} was refused because of its parameters: ${problems.join('; ')}.`,
    { problems },
  );
}

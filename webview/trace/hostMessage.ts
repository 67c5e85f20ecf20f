import type { TraceFile, TraceHostMessage, TraceViewKind } from '../../src/protocol/trace.ts';

const views: readonly TraceViewKind[] = ['trace', 'compare', 'several'];

/**
 * A message from the extension host, or nothing when it is none: other scripts of the webview's frame post messages to the
 * same window.
 */
export function parseHostMessage(value: unknown): TraceHostMessage | undefined {
  if (!isFields(value)) return undefined;
  const { type, view, files, message, file } = value;
  const shownView = views.find((each) => each === view);
  if (type === 'traces' && shownView !== undefined && Array.isArray(files) && files.every(isFile)) {
    return { type, view: shownView, files };
  }
  if (type === 'failed' && typeof message === 'string') return { type, message };
  if (type === 'continuable' && typeof file === 'number') return { type, file };
  return undefined;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isFile(value: unknown): value is TraceFile {
  return isFields(value) && typeof value['name'] === 'string' && value['bytes'] instanceof Uint8Array;
}

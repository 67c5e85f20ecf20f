import { DIAGNOSTICS_PLACES, type DiagnosticsHostMessage } from '../../src/protocol/diagnostics.ts';

type Fields = Readonly<Record<string, unknown>>;

const isText = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isListOrAbsent = (value: unknown) => value === undefined || Array.isArray(value);
const isFieldsOrNull = (value: unknown) => value === null || isFields(value);

/** For each type of message, whether the fields that the page relies on are there. */
const checks: Record<DiagnosticsHostMessage['type'], (message: Fields) => boolean> = {
  place: ({ place }) => DIAGNOSTICS_PLACES.some((each) => each === place),
  state: ({ state }) =>
    isFields(state) &&
    isText(state['status']) &&
    isFields(state['conversation']) &&
    isFields(state['questions']) &&
    isFields(state['transport']) &&
    Array.isArray(state['answers']) &&
    Array.isArray(state['earlier']) &&
    isNumber(state['firstAnswer']),
  update: ({ update }) =>
    isFields(update) && isListOrAbsent(update['answers']) && isListOrAbsent(update['earlier']),
  text: ({ of, text }) => isFields(of) && isFieldsOrNull(text),
  expertTokens: ({ of, tokens }) => isFields(of) && isFieldsOrNull(tokens),
  compared: ({ requestIds, experts }) => Array.isArray(requestIds) && Array.isArray(experts),
  error: ({ message }) => isText(message),
};

/** A message from the extension host, or nothing when it is none: other scripts post to the same window. */
export function parseDiagnosticsMessage(value: unknown): DiagnosticsHostMessage | undefined {
  return isHostMessage(value) ? value : undefined;
}

function isHostMessage(value: unknown): value is DiagnosticsHostMessage {
  return isFields(value) && isMessageType(value['type']) && checks[value['type']](value);
}

function isMessageType(type: unknown): type is DiagnosticsHostMessage['type'] {
  return typeof type === 'string' && Object.hasOwn(checks, type);
}

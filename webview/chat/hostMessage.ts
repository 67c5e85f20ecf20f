import type { HostMessage } from '../../src/protocol/chat.ts';

type Fields = Readonly<Record<string, unknown>>;

const isText = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const isList = (value: unknown) => Array.isArray(value);
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** For each type of message, whether the fields that the page relies on are there. */
const checks: Record<HostMessage['type'], (message: Fields) => boolean> = {
  state: ({ state }) =>
    isFields(state) &&
    isText(state['conversationId']) &&
    isText(state['draft']) &&
    isList(state['turns']) &&
    isList(state['history']) &&
    isList(state['chips']) &&
    isList(state['notices']) &&
    isFields(state['model']) &&
    isFields(state['context']),
  delta: (message) =>
    isText(message['answerId']) &&
    isText(message['thought']) &&
    isText(message['answer']) &&
    isNumber(message['thoughtTokens']) &&
    isNumber(message['answerTokens']) &&
    isNumber(message['thoughtMs']) &&
    (message['mark'] === undefined || isNumber(message['mark'])),
  status: (message) =>
    isText(message['answerId']) && isFields(message['status']) && isText(message['status']['kind']),
  model: (message) => isFields(message['model']) && isText(message['model']['status']),
  chips: (message) => isList(message['chips']) && isNumber(message['contextTokens']),
  focusInput: (message) => message['text'] === undefined || isText(message['text']),
  announce: (message) => isText(message['text']),
};

/**
 * A message from the extension host, or nothing when it is none: other scripts of the webview's frame post
 * messages to the same window. The host is our own code and typed, so the check stays at the shape that the
 * page would trip over.
 */
export function parseHostMessage(value: unknown): HostMessage | undefined {
  return isHostMessage(value) ? value : undefined;
}

function isHostMessage(value: unknown): value is HostMessage {
  if (!isFields(value)) return false;
  const { type } = value;
  return isMessageType(type) && checks[type](value);
}

function isMessageType(type: unknown): type is HostMessage['type'] {
  return typeof type === 'string' && Object.hasOwn(checks, type);
}

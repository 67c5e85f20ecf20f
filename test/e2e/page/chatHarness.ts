import type { Browser } from 'playwright-core';
import type {
  AnswerView,
  ChatState,
  HostMessage,
  PageMessage,
  QuestionView,
} from '../../../src/protocol/chat.ts';
import { openPage, PageHarness, type PageOpenOptions, startPageBrowser } from './pageHarness.ts';

/** The chat page and the test's side of the conversation with it. */
export class ChatHarness extends PageHarness<PageMessage> {
  override send(...messages: readonly HostMessage[]): Promise<void> {
    return super.send(...messages);
  }
}

export const startBrowser = (): Promise<Browser> => startPageBrowser('chat');

export function openChat(browser: Browser, options: PageOpenOptions = {}): Promise<ChatHarness> {
  return openPage(browser, 'chat', (page) => new ChatHarness(page), { width: 400, height: 720, ...options });
}

// ---- what the host would say --------------------------------------------------------------------------

export const question = (id: string, text: string, change: Partial<QuestionView> = {}): QuestionView => ({
  kind: 'question',
  id,
  text,
  chips: [],
  branch: { index: 0, count: 1 },
  ...change,
});

export const answer = (id: string, text: string, change: Partial<AnswerView> = {}): AnswerView => ({
  kind: 'answer',
  id,
  status: { kind: 'done', finish: 'stop' },
  thought: '',
  thoughtTokens: 0,
  thoughtMs: 0,
  answer: text,
  answerTokens: Math.ceil(text.length / 4),
  hasTrace: false,
  branch: { index: 0, count: 1 },
  ...change,
});

export const chatState = (change: Partial<ChatState> = {}): ChatState => ({
  conversationId: 'conversation-1',
  title: '',
  turns: [],
  history: [],
  chips: [],
  model: {
    status: 'ready',
    name: 'SmolLM2-135M-Instruct',
    isEmbedded: false,
    description: 'Q4_1, 135M parameters, 30 layers',
    runtime: 'ONNX Runtime 1.30.0, C API, 2 threads',
    contextCapacity: 8192,
  },
  reasoningMode: 'auto',
  thinkingBudget: 1024,
  context: { tokens: 412, capacity: 8192 },
  notices: [],
  draft: '',
  ...change,
});

/** What the host says of the model that Glassbox carries, before it is loaded. */
export const embeddedModel = { status: 'unloaded', name: 'glassbox-nano', isEmbedded: true } as const;

export const delta = (
  answerId: string,
  change: Partial<Extract<HostMessage, { type: 'delta' }>>,
): HostMessage => ({
  type: 'delta',
  answerId,
  thought: '',
  answer: '',
  thoughtTokens: 0,
  answerTokens: 0,
  thoughtMs: 0,
  ...change,
});

import type { Conversation } from '../../protocol/conversation.ts';
import type { ReasoningMode } from '../../protocol/generation.ts';

/** What the session asks the editor to do. */
export interface ChatActions {
  copy(text: string): Promise<void>;
  insert(text: string): Promise<void>;
  exportMarkdown(conversation: Conversation): Promise<void>;
  /** Lets the user choose a model; the settings name it afterwards. False when none was chosen. */
  chooseModel(): Promise<boolean>;
  openTrace(conversationId: string, answerId: string): Promise<void>;
  setReasoningMode(mode: ReasoningMode): Promise<void>;
}

import type { DiagnosedAnswer } from '../../protocol/diagnostics.ts';
import type { TransportTimes } from '../../protocol/transport.ts';

/** The conversation that the chat shows. */
export interface DiagnosedConversation {
  readonly id: string;
  readonly title: string;
  /** What was asked, by request (an answer's id). */
  readonly questions: Readonly<Record<string, string>>;
  /** What the texts of answers took to the page, by request. */
  readonly transport: Readonly<Record<string, TransportTimes>>;
  /** What its answers cost, as it is saved with them; oldest first. */
  readonly answers: readonly DiagnosedAnswer[];
}

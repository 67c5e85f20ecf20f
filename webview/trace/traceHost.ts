import type { TraceHostMessage, TracePageMessage } from '../../src/protocol/trace.ts';
import { parseHostMessage } from './hostMessage.ts';

interface VsCodeApi {
  postMessage(message: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** The extension host, seen from the page. */
export class TraceHost {
  private readonly api = acquireVsCodeApi();

  post(message: TracePageMessage): void {
    this.api.postMessage(message);
  }

  listen(received: (message: TraceHostMessage) => void): void {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      const message = parseHostMessage(event.data);
      if (message) received(message);
    });
  }
}

import type { HostMessage, PageMessage } from '../../src/protocol/chat.ts';
import { parseHostMessage } from './hostMessage.ts';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** The extension host, seen from the page. */
export class PageHost {
  private readonly api = acquireVsCodeApi();

  post(message: PageMessage): void {
    this.api.postMessage(message);
  }

  getState(): unknown {
    return this.api.getState();
  }

  setState(state: unknown): void {
    this.api.setState(state);
  }

  listen(received: (message: HostMessage) => void): void {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      const message = parseHostMessage(event.data);
      if (message) received(message);
    });
  }
}

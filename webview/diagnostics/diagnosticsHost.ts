import type { DiagnosticsHostMessage, DiagnosticsPageMessage } from '../../src/protocol/diagnostics.ts';
import { parseDiagnosticsMessage } from './parseDiagnosticsMessage.ts';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** The extension host, seen from the diagnostics page. */
export class DiagnosticsHost {
  readonly #api = acquireVsCodeApi();

  post(message: DiagnosticsPageMessage): void {
    this.#api.postMessage(message);
  }

  listen(received: (message: DiagnosticsHostMessage) => void): void {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      const message = parseDiagnosticsMessage(event.data);
      if (message) received(message);
    });
  }
}

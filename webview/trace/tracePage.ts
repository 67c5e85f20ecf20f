import type { TraceFile, TraceHostMessage } from '../../src/protocol/trace.ts';
import { element } from '../element.ts';
import { CompareView } from './compareView.ts';
import { type OpenedTrace, openTrace } from './openedTrace.ts';
import { SeveralView } from './severalView.ts';
import { strings } from './strings.ts';
import type { TraceHost } from './traceHost.ts';
import { TraceView } from './traceView.ts';

type View = TraceView | CompareView | SeveralView;

/** Shows the traces that the host sends; a file that cannot be read is told, never run. */
export class TracePage {
  readonly element = element('main', {
    class: 'trace-page',
    children: [element('p', { class: 'muted', text: strings.reading, attributes: { role: 'status' } })],
  });
  private view: View | undefined;

  constructor(private readonly host: TraceHost) {}

  start(): void {
    this.host.listen((message) => {
      this.receive(message);
    });
    this.host.post({ type: 'ready' });
  }

  private receive(message: TraceHostMessage): void {
    switch (message.type) {
      case 'traces':
        return this.show(message);
      case 'failed':
        return this.fail(message.message);
      case 'continuable':
        if (this.view instanceof TraceView && message.file === 0) this.view.setContinuable();
        return;
      default:
        return message satisfies never;
    }
  }

  private show({ view, files }: Extract<TraceHostMessage, { type: 'traces' }>): void {
    this.view?.dispose();
    this.view = undefined;
    try {
      const opened = files.map(open);
      const [one, other] = opened;
      if (one === undefined) return this.fail(strings.notTrace);
      if (view === 'several') this.view = new SeveralView(opened, (message) => this.host.post(message));
      else if (view === 'compare' && other !== undefined) this.view = new CompareView(one, other);
      else this.view = this.single(one);
      this.element.replaceChildren(this.view.element);
    } catch (thrown) {
      this.fail(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  private single(opened: OpenedTrace): TraceView {
    const { id, conversationId, model } = opened.trace.about;
    const view = new TraceView(opened, (token, alternative) => {
      this.host.post({ type: 'continueFrom', file: 0, token, alternative });
    });
    this.host.post({
      type: 'read',
      file: 0,
      id,
      conversationId,
      modelName: model.name,
      ...(model.fingerprint === undefined ? {} : { modelFingerprint: model.fingerprint }),
    });
    return view;
  }

  private fail(message: string): void {
    this.element.replaceChildren(
      element('div', {
        class: 'failure',
        attributes: { role: 'alert' },
        children: [element('h1', { text: strings.notTrace }), element('p', { text: message })],
      }),
    );
  }
}

function open({ bytes, name }: TraceFile): OpenedTrace {
  return openTrace(bytes, name);
}

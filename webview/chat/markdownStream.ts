import { BlockSplitter } from './blockSplitter.ts';
import type { OpenBlock } from './blockSplitter.ts';
import { createCodeBlock, decorateCode } from './codeBlock.ts';
import { element } from '../element.ts';
import type { FrameJob, FrameQueue } from './frameQueue.ts';
import { renderMarkdown, topLevelBlockStarts } from './markdown.ts';
import { morphChildren } from './morph.ts';
import { sanitize } from './sanitize.ts';

/** An open block longer than this grows as plain text until it is finished: a line can be a megabyte. */
const longestLiveSource = 8_000;
/** An open block that takes longer than this to render is rendered less often. */
const affordableMs = 3;

/**
 * A Markdown text in the page that may still grow. Finished blocks are parsed once and then left alone; only the
 * open one is rendered again, at most once per frame.
 */
export class MarkdownStream implements FrameJob {
  readonly element = element('div', { class: 'markdown' });
  /** Every block has a host; the last one is of the block that may still change. */
  private openHost = element('div', { class: 'block' });
  private splitter = new BlockSplitter(topLevelBlockStarts);
  /** What the page is to show. */
  private text = '';
  private complete = false;
  /** How much of `text` the splitter has. */
  private pushed = 0;
  private finished = false;
  /** The open code block in the page and how much code it shows. */
  private openCode: { readonly language: string; readonly text: Text; shown: number } | undefined;
  private plain: Text | undefined;
  private openCostMs = 0;
  private openRenderedAt = 0;

  constructor(private readonly queue: FrameQueue) {
    this.element.append(this.openHost);
  }

  append(text: string): void {
    this.text += text;
    this.queue.request(this);
  }

  /** Sets the whole text; a text that only grew keeps everything that is rendered. */
  set(text: string, complete: boolean): void {
    if (text === this.text && complete === this.complete) return;
    if (!text.startsWith(this.text) || this.finished) this.reset();
    this.text = text;
    this.complete = complete;
    this.queue.request(this);
  }

  get source(): string {
    return this.text;
  }

  renderFrame(now: number): boolean {
    const blocks = [...this.splitter.push(this.text.slice(this.pushed))];
    this.pushed = this.text.length;
    if (this.complete && !this.finished) {
      blocks.push(...this.splitter.finish());
      this.finished = true;
    }
    if (blocks.length > 0) {
      for (const block of blocks) this.freeze(block);
    }
    if (this.finished) return false;
    return this.renderOpen(this.splitter.open, now);
  }

  /** The open block takes its final form where it stands, so that a selection in it survives. */
  private freeze(block: string): void {
    morphChildren(this.openHost, renderBlock(block, false));
    this.openHost = element('div', { class: 'block' });
    this.element.append(this.openHost);
    this.forgetOpen();
  }

  dispose(): void {
    this.queue.cancel(this);
  }

  private renderOpen(open: OpenBlock, now: number): boolean {
    if (open.kind === 'none') {
      this.clearOpen();
      return false;
    }
    if (open.kind === 'code') {
      this.renderOpenCode(open.language, open.code);
      return false;
    }
    if (open.source.length > longestLiveSource) {
      this.renderPlain(open.source);
      return false;
    }
    // A costly block (a long list, a big table) gets at most a quarter of the time.
    if (this.openCostMs > affordableMs && now - this.openRenderedAt < 4 * this.openCostMs) return true;
    const started = performance.now();
    if (this.openCode || this.plain) this.clearOpen();
    morphChildren(this.openHost, renderBlock(open.source, true));
    this.openCostMs = performance.now() - started;
    this.openRenderedAt = now;
    return false;
  }

  private renderOpenCode(language: string, code: string): void {
    if (this.openCode?.language !== language) {
      this.clearOpen();
      const block = createCodeBlock(language);
      const text = document.createTextNode('');
      block.code.append(text);
      this.openHost.append(block.element);
      this.openCode = { language, text, shown: 0 };
    }
    this.openCode.text.appendData(code.slice(this.openCode.shown));
    this.openCode.shown = code.length;
  }

  private renderPlain(source: string): void {
    if (!this.plain) {
      this.clearOpen();
      this.plain = document.createTextNode('');
      this.openHost.append(
        element('p', { class: 'plain', attributes: { dir: 'auto' }, children: [this.plain] }),
      );
    }
    if (source.startsWith(this.plain.data)) this.plain.appendData(source.slice(this.plain.data.length));
    else this.plain.data = source;
  }

  private clearOpen(): void {
    this.openHost.replaceChildren();
    this.forgetOpen();
  }

  private forgetOpen(): void {
    this.openCode = undefined;
    this.plain = undefined;
    this.openCostMs = 0;
  }

  private reset(): void {
    this.splitter = new BlockSplitter(topLevelBlockStarts);
    this.text = '';
    this.pushed = 0;
    this.finished = false;
    this.complete = false;
    this.element.replaceChildren(this.openHost);
    this.clearOpen();
  }
}

function renderBlock(source: string, open: boolean): DocumentFragment {
  const fragment = sanitize(renderMarkdown(source));
  decorateCode(fragment, open);
  return fragment;
}

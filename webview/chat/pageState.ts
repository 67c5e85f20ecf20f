import type { PageHost } from './host.ts';

/** Where the reader was: an element that holds still, and its distance from the top of the view in pixels. */
export interface ScrollAnchor {
  readonly turnId: string;
  readonly offset: number;
}

/** What VS Code keeps for us while the view is hidden or the window reloads. Written and read by this page only. */
export interface PageState {
  readonly conversationId: string;
  readonly draft: string;
  /** Thoughts the user opened or closed, by answer id; the others follow the stream. */
  readonly thoughts: Readonly<Record<string, boolean>>;
  /** Absent at the bottom. */
  readonly scroll?: ScrollAnchor;
}

/** Toggles of older answers are forgotten beyond this, so that the state stays small for ever. */
const keptThoughts = 500;
const delayMs = 200;

export class PersistedState {
  private state: PageState;
  private timer: number | undefined;

  constructor(private readonly host: PageHost) {
    this.state = parsePageState(host.getState());
  }

  get current(): PageState {
    return this.state;
  }

  update(change: Partial<PageState>): void {
    this.state = { ...this.state, ...change };
    this.timer ??= window.setTimeout(() => {
      this.flush();
    }, delayMs);
  }

  setScroll(scroll: ScrollAnchor | undefined): void {
    const { scroll: _, ...rest } = this.state;
    this.state = rest;
    this.update(scroll ? { scroll } : {});
  }

  setThought(answerId: string, expanded: boolean): void {
    const { [answerId]: _, ...others } = this.state.thoughts;
    const entries = [...Object.entries(others), [answerId, expanded] as const].slice(-keptThoughts);
    this.update({ thoughts: Object.fromEntries(entries) });
  }

  flush(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    this.host.setState(this.state);
  }
}

function parsePageState(value: unknown): PageState {
  const found = isRecord(value) ? value : {};
  const thoughts = isRecord(found['thoughts']) ? found['thoughts'] : {};
  const scroll = isRecord(found['scroll']) ? found['scroll'] : {};
  const { turnId, offset } = scroll;
  return {
    conversationId: typeof found['conversationId'] === 'string' ? found['conversationId'] : '',
    draft: typeof found['draft'] === 'string' ? found['draft'] : '',
    thoughts: Object.fromEntries(
      Object.entries(thoughts).filter((entry): entry is [string, boolean] => typeof entry[1] === 'boolean'),
    ),
    ...(typeof turnId === 'string' && typeof offset === 'number' ? { scroll: { turnId, offset } } : {}),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

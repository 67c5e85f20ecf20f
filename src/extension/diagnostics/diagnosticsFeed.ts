import type {
  DiagnosedModel,
  DiagnosticsHostMessage,
  DiagnosticsPageMessage,
  DiagnosticsState,
  DiagnosticsUpdate,
  DiagnosticsWanted,
} from '../../protocol/diagnostics.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import { mergeDiagnostics } from '../../protocol/mergeDiagnostics.ts';
import type { AnswerRecord, ExpertsParams, ExpertsResult } from '../../protocol/records.ts';
import type { DiagnosedConversation } from './diagnosedConversation.ts';
import type { RecordsSource } from './recordsSource.ts';
import type { SavedExperts } from './savedExperts.ts';

/** At most ten times a second: faster than that nobody reads figures. */
const INTERVAL_MS = 100;
/** What takes more than counting: curves, co-activation, memory. */
const SLOW_INTERVAL_MS = 1000;
/** Saved answers that are listed, as many as the engine lists. */
const LISTED = 32;

export interface DiagnosticsFeedOptions {
  /** The engine that runs; undefined when there is none. Starts none. */
  readonly engine: () => Promise<RecordsSource> | undefined;
  readonly model: () => DiagnosedModel | undefined;
  readonly conversation: () => DiagnosedConversation;
  /** What is left of experts when the engine is gone. */
  readonly savedExperts: Pick<SavedExperts, 'of'>;
  readonly post: (message: DiagnosticsHostMessage) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Reads the engine's records for one page, while it is visible and not frozen, and passes on what is new. Otherwise it
 * watches nothing and asks nothing.
 */
export class DiagnosticsFeed {
  readonly #options: DiagnosticsFeedOptions;
  #state: DiagnosticsState;
  #isVisible = false;
  #isFrozen = false;
  #wanted: DiagnosticsWanted = { hitRates: false };
  /** Whose changes we are told. */
  #watched: { readonly key: string; readonly stop: Promise<(() => Promise<void>) | undefined> } | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires. */
  #dueAt = 0;
  #isReading = false;
  #isStale = false;
  #readAt = 0;
  #slowReadAt = 0;
  /** Grows when what is shown is another conversation or model: what is on its way is then of no use. */
  #generation = 0;

  constructor(options: DiagnosticsFeedOptions) {
    this.#options = options;
    this.#state = this.#emptyState();
  }

  /** What is shown. */
  get state(): DiagnosticsState {
    return this.#state;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  setVisible(isVisible: boolean): void {
    if (isVisible === this.#isVisible) return;
    this.#isVisible = isVisible;
    this.#follow();
  }

  /** To be called when another conversation is shown, a title changed, or a model or an engine came or went. */
  changed(): void {
    if (!this.#isFrozen) this.#follow();
  }

  /** Does what the page asks, as far as it is about records. What goes wrong is told in the page. */
  async receive(message: DiagnosticsPageMessage): Promise<void> {
    try {
      await this.#handle(message);
    } catch (thrown) {
      this.#options.post({ type: 'error', message: GlassboxError.from(thrown).message });
    }
  }

  /** Everything there is now, read once; when frozen, what is shown. */
  async collect(): Promise<DiagnosticsState> {
    if (this.#isFrozen) return this.#state;
    this.#startAnew();
    const update = await this.#read({ hitRates: true }, true);
    this.#state = mergeDiagnostics(this.#state, update);
    return this.#state;
  }

  dispose(): void {
    this.setVisible(false);
  }

  async #handle(message: DiagnosticsPageMessage): Promise<void> {
    const { post } = this.#options;
    const { id: conversationId } = this.#state.conversation;
    switch (message.type) {
      case 'ready':
        this.#postState();
        return;
      case 'want':
        this.#wanted = message.wanted;
        this.#slowReadAt = 0;
        this.#readSoon();
        return;
      case 'freeze':
        this.#isFrozen = message.frozen;
        // The page leaves out what was on its way to it when it was frozen. It must show what we believe that it shows.
        this.#postState();
        this.#follow();
        return;
      case 'readText': {
        const text = await this.#asked((engine) => engine.text({ conversationId, ...message.of }));
        return post({ type: 'text', of: message.of, text });
      }
      case 'readExpert': {
        const tokens = await this.#asked((engine) => engine.expertTokens({ conversationId, ...message.of }));
        return post({ type: 'expertTokens', of: message.of, tokens });
      }
      case 'compare': {
        const [left, right] = message.requestIds;
        const experts = await Promise.all([this.#expertsOf(left), this.#expertsOf(right)]);
        return post({ type: 'compared', requestIds: message.requestIds, experts });
      }
      case 'export':
      case 'openTab':
        // Documents and tabs are the views' business.
        return;
      default:
        return message satisfies never;
    }
  }

  /** Of one answer: as the engine has them, or as its trace has. */
  async #expertsOf(requestId: string): Promise<ExpertsResult | null> {
    const { id: conversationId } = this.#state.conversation;
    if (this.#state.answers.some((answer) => answer.requestId === requestId)) {
      const found = await this.#asked((engine) => engine.experts({ conversationId, requestId }));
      // Of an answer that was asked again the engine holds no routing any more.
      if (found && Object.values(found.tokens).some((tokens) => tokens > 0)) return found;
    }
    return (await this.#options.savedExperts.of(conversationId, [requestId]))?.experts ?? null;
  }

  async #asked<T>(request: (engine: RecordsSource) => Promise<T | null>): Promise<T | null> {
    const engine = await this.#options.engine();
    return engine ? request(engine) : null;
  }

  get #isActive(): boolean {
    return this.#isVisible && !this.#isFrozen;
  }

  /** Watches what is to be shown now, and nothing else. */
  #follow(): void {
    const engine = this.#isActive ? this.#options.engine() : undefined;
    const { id, title, questions, transport } = this.#options.conversation();
    const model = this.#options.model();
    const key = `${model?.modelId ?? 0} ${id}`;
    if (this.#watched && (!engine || this.#watched.key !== key)) this.#unwatch();
    if (!this.#isActive) return;
    if (this.#keyOfState !== key || !engine) {
      this.#startAnew();
      this.#postState();
    } else {
      this.#apply({
        conversation: { id, title },
        questions,
        transport,
        ...this.#newEarlier(this.#state.answers),
      });
    }
    if (engine && !this.#watched) {
      const stop = engine
        .then((client) => client.watchRecords(id, () => this.#readSoon()))
        // An engine that ends is told of elsewhere; a new one is followed then.
        .catch(() => undefined);
      this.#watched = { key, stop };
    }
    this.#readSoon();
  }

  get #keyOfState(): string {
    return `${this.#state.model?.modelId ?? 0} ${this.#state.conversation.id}`;
  }

  #unwatch(): void {
    const watched = this.#watched;
    this.#watched = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void watched?.stop.then((stop) => stop?.()).catch(() => undefined);
  }

  #startAnew(): void {
    this.#generation++;
    this.#state = this.#emptyState();
    this.#slowReadAt = 0;
  }

  #emptyState(): DiagnosticsState {
    const { id, title, questions, transport } = this.#options.conversation();
    const model = this.#options.model();
    const earlier = this.#earlier([]);
    return {
      atMs: this.#options.now(),
      status: earlier.earlier.length > 0 ? 'earlier' : model ? 'noConversation' : 'noModel',
      conversation: { id, title },
      ...(model ? { model } : {}),
      ...earlier,
      expertsOfTraces: 0,
      answers: [],
      firstAnswer: 0,
      questions,
      transport,
    };
  }

  /** The saved answers but those that the engine lists. */
  #earlier(
    listed: readonly Pick<AnswerRecord, 'requestId'>[],
  ): Pick<DiagnosticsState, 'earlier' | 'firstEarlier'> {
    const ids = new Set(listed.map(({ requestId }) => requestId));
    const all = this.#options.conversation().answers.filter(({ requestId }) => !ids.has(requestId));
    const earlier = all.slice(-LISTED);
    return { earlier, firstEarlier: all.length - earlier.length };
  }

  /** The same where it is another than what is shown: it rarely is, and the page is told ten times a second. */
  #newEarlier(listed: readonly Pick<AnswerRecord, 'requestId'>[]): DiagnosticsUpdate {
    const found = this.#earlier(listed);
    const keyOf = ({ earlier, firstEarlier }: typeof found): string =>
      `${firstEarlier} ${earlier.map(({ requestId }) => requestId).join()}`;
    return keyOf(found) === keyOf(this.#state) ? {} : found;
  }

  #postState(): void {
    this.#options.post({ type: 'state', state: this.#state, frozen: this.#isFrozen });
  }

  #apply(update: DiagnosticsUpdate): void {
    this.#state = mergeDiagnostics(this.#state, update);
    this.#options.post({ type: 'update', update });
  }

  #readSoon(): void {
    if (!this.#isActive) return;
    if (this.#isReading) {
      this.#isStale = true;
      return;
    }
    this.#readIn(INTERVAL_MS - (this.#options.now() - this.#readAt));
  }

  /** Reads after so many milliseconds, or earlier where that was decided before. */
  #readIn(ms: number): void {
    const dueAt = this.#options.now() + Math.max(0, ms);
    if (this.#timer && this.#dueAt <= dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.#readNow();
      },
      Math.max(0, ms),
    );
  }

  async #readNow(): Promise<void> {
    if (!this.#isActive || this.#isReading) return;
    this.#isReading = true;
    this.#isStale = false;
    this.#readAt = this.#options.now();
    const generation = this.#generation;
    const isSlowDue = this.#readAt - this.#slowReadAt >= SLOW_INTERVAL_MS;
    if (isSlowDue) this.#slowReadAt = this.#readAt;
    try {
      const update = await this.#read(this.#wanted, isSlowDue);
      if (generation === this.#generation && this.#isActive) this.#apply(update);
    } catch (thrown) {
      const error = GlassboxError.from(thrown);
      // The chat says why the engine ended; here there is just nothing left to see.
      if (error.code !== 'engine/stopped') this.#options.post({ type: 'error', message: error.message });
    } finally {
      this.#isReading = false;
    }
    if (this.#isStale || generation !== this.#generation) this.#readSoon();
    else if (!isSlowDue) this.#readSlowLater();
  }

  /** The last change is shown whole, also what is read less often. */
  #readSlowLater(): void {
    if (!this.#isActive) return;
    this.#readIn(Math.max(INTERVAL_MS, SLOW_INTERVAL_MS - (this.#options.now() - this.#slowReadAt)));
  }

  async #read(wanted: DiagnosticsWanted, isSlowDue: boolean): Promise<DiagnosticsUpdate> {
    const engine = await this.#options.engine();
    const model = this.#options.model();
    const atMs = this.#options.now();
    const { id: conversationId, title, questions, transport } = this.#options.conversation();
    const about = { atMs, conversation: { id: conversationId, title }, questions, transport };
    if (!engine || !model) return { ...about, ...(await this.#readSaved(conversationId, 'noModel')) };
    const experts: ExpertsParams = {
      conversationId,
      ...(isSlowDue && wanted.hitRates ? { hitRates: true } : {}),
      ...(isSlowDue && wanted.coactivation ? { coactivation: wanted.coactivation } : {}),
      ...(this.#state.experts?.gateBias === undefined ? { gateBias: true } : {}),
    };
    const [kv, expertsResult, answers, memory] = await Promise.all([
      engine.kv({ conversationId }),
      model.experts ? engine.experts(experts) : null,
      engine.answers({ conversationId, firstAnswer: this.#firstUnknownAnswer }),
      isSlowDue ? engine.memory({ conversationId }) : undefined,
    ]);
    const ofEngine = { ...about, ...(memory ? { memory } : {}) };
    if (!kv) return { ...ofEngine, ...(await this.#readSaved(conversationId, 'noConversation')) };
    return {
      ...ofEngine,
      status: 'ready',
      kv,
      experts: expertsResult,
      expertsOfTraces: 0,
      ...(answers ? { answers: answers.answers, firstAnswer: answers.firstAnswer } : {}),
      ...this.#newEarlier([...this.#state.answers, ...(answers?.answers ?? [])]),
    };
  }

  /** What is known of a conversation that the engine holds nothing of. @param otherwise what to say where that is nothing */
  async #readSaved(
    conversationId: string,
    otherwise: 'noModel' | 'noConversation',
  ): Promise<DiagnosticsUpdate> {
    const saved = this.#earlier([]);
    const nothing = { ...saved, answers: [], firstAnswer: 0 };
    if (saved.earlier.length === 0) return { ...nothing, status: otherwise };
    const found = await this.#options.savedExperts.of(
      conversationId,
      saved.earlier.map(({ requestId }) => requestId),
    );
    return {
      ...nothing,
      status: 'earlier',
      expertsOfTraces: found?.answers ?? 0,
      ...(found ? { experts: found.experts } : {}),
    };
  }

  /** The first answer that may have changed since it was read. */
  get #firstUnknownAnswer(): number {
    const { firstAnswer, answers } = this.#state;
    const isLastOver = answers.at(-1)?.finishReason !== undefined;
    return firstAnswer + answers.length - (answers.length > 0 && !isLastOver ? 1 : 0);
  }
}

import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import type { ConversationSummary } from '../../protocol/chat.ts';
import { Conversation } from '../../protocol/conversation.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import { ignoreMissing } from '../storage/ignoreMissing.ts';
import { isStorableId } from '../storage/isStorableId.ts';
import { namesIn } from '../storage/namesIn.ts';
import { replaceFile } from '../storage/replaceFile.ts';
import { mergeConversations } from './conversationTree.ts';

/** Days after which a deleted conversation leaves the disk. Until then it can be restored. */
const keepDeletedDays = 1;

interface CachedSummary {
  readonly mtimeMs: number;
  readonly size: number;
  readonly summary: ConversationSummary;
}

/**
 * Conversations on disk, one JSON file each. Files are replaced in one step, so a crash leaves the old or the
 * new one; a file that cannot be read is set aside under another name and reported, never deleted. Several
 * windows may share the folder: a save keeps what another window has added.
 */
export class ConversationStore {
  readonly #folder: string;
  readonly #report: (message: string) => void;
  readonly #summaries = new Map<string, CachedSummary>();
  /** Saves of one conversation happen one after the other. */
  readonly #saves = new Map<string, Promise<void>>();

  /** @param report receives a sentence for the user when a file had to be set aside. */
  constructor(folder: string, report: (message: string) => void) {
    this.#folder = folder;
    this.#report = report;
  }

  /** All conversations that hold something, newest first. */
  async list(): Promise<readonly ConversationSummary[]> {
    await this.#purgeDeleted();
    const names = await namesIn(this.#folder);
    const summaries: ConversationSummary[] = [];
    for (const name of names) {
      const id = idOf(name);
      const summary = id === undefined ? undefined : await this.#summaryOf(id);
      if (summary !== undefined) summaries.push(summary);
    }
    return summaries.sort((a, b) => b.updatedAt - a.updatedAt);
  }

  /** The conversation, or undefined when there is none (any more) or its file had to be set aside. */
  async read(id: string): Promise<Conversation | undefined> {
    if (!isStorableId(id)) return undefined;
    const file = this.#fileOf(id);
    const text = await readIfThere(file);
    if (text === undefined) return undefined;
    const parsed = parseConversation(text);
    if (parsed !== undefined && parsed.id === id) return parsed;
    const aside = `${file}.unreadable-${Date.now()}`;
    await rename(file, aside);
    this.#report(`A saved chat could not be read and was set aside as ${aside}.`);
    return undefined;
  }

  /** @throws GlassboxError `internal` when the disk refuses; the message names the folder. */
  async save(conversation: Conversation): Promise<void> {
    const { id } = conversation;
    const previous = this.#saves.get(id) ?? Promise.resolve();
    const save = previous.catch(() => undefined).then(() => this.#write(conversation));
    this.#saves.set(id, save);
    try {
      await save;
    } finally {
      if (this.#saves.get(id) === save) this.#saves.delete(id);
    }
  }

  /** Takes a conversation off the list; `restore` brings it back. */
  async delete(id: string): Promise<void> {
    if (!isStorableId(id)) return;
    await this.#saves.get(id)?.catch(() => undefined);
    await mkdir(this.#deletedFolder, { recursive: true });
    await rename(this.#fileOf(id), path.join(this.#deletedFolder, `${id}.json`)).catch(ignoreMissing);
    this.#summaries.delete(id);
  }

  async restore(id: string): Promise<void> {
    if (!isStorableId(id)) return;
    await rename(path.join(this.#deletedFolder, `${id}.json`), this.#fileOf(id)).catch(ignoreMissing);
  }

  get #deletedFolder(): string {
    return path.join(this.#folder, 'deleted');
  }

  #fileOf(id: string): string {
    return path.join(this.#folder, `${id}.json`);
  }

  async #write(conversation: Conversation): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true });
      const stored = await this.read(conversation.id);
      const merged = stored === undefined ? conversation : mergeConversations(conversation, stored);
      await replaceFile(this.#fileOf(conversation.id), JSON.stringify(merged));
    } catch (thrown) {
      const { message } = GlassboxError.from(thrown);
      throw new GlassboxError(
        'internal',
        `The chat could not be saved in ${this.#folder}: ${message}`,
        undefined,
        {
          cause: thrown,
        },
      );
    }
  }

  async #summaryOf(id: string): Promise<ConversationSummary | undefined> {
    const status = await stat(this.#fileOf(id)).catch(ignoreMissing);
    if (status === undefined) return undefined;
    const cached = this.#summaries.get(id);
    if (cached !== undefined && cached.mtimeMs === status.mtimeMs && cached.size === status.size)
      return cached.summary;
    const conversation = await this.read(id);
    if (conversation === undefined || conversation.nodes.length === 0) return undefined;
    const summary = { id, title: conversation.title, updatedAt: conversation.updatedAt };
    this.#summaries.set(id, { mtimeMs: status.mtimeMs, size: status.size, summary });
    return summary;
  }

  async #purgeDeleted(): Promise<void> {
    const oldest = Date.now() - keepDeletedDays * 86_400_000;
    for (const name of await namesIn(this.#deletedFolder)) {
      const file = path.join(this.#deletedFolder, name);
      // Renaming sets the change time, not the modification time.
      const status = await stat(file).catch(ignoreMissing);
      if (status !== undefined && status.ctimeMs < oldest) await rm(file, { force: true });
    }
  }
}

function idOf(fileName: string): string | undefined {
  const id = fileName.endsWith('.json') ? fileName.slice(0, -'.json'.length) : '';
  return isStorableId(id) ? id : undefined;
}

function parseConversation(text: string): Conversation | undefined {
  try {
    const parsed = v.safeParse(Conversation, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').catch(ignoreMissing);
}

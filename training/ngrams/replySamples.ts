import * as v from 'valibot';
import { ChatPrompts } from '../../src/engine/chatPrompts.ts';
import { lookupTokens } from '../../src/engine/speculation/lookupTokens.ts';
import type { ModelFile } from '../../src/models/modelFile.ts';
import type { Tokenizer } from '../../src/models/tokenizer/tokenizer.ts';
import { answerParts } from '../../src/reasoning/answers/codeBlocks.ts';
import type { ReplySample } from './learnNgrams.ts';
import type { ModelReplies } from './modelReplies.ts';

/** Tasks whose answer is the code of the question, changed: the editor then looks up that code. */
const REFACTOR_TASKS = ['rename', 'const', 'equality', 'forOf', 'guard', 'template', 'constant', 'deadCode'];

const Sample = v.object({ task: v.string(), question: v.string() });

/** Samples' questions as a model is asked, and what it replies. */
export class ReplySamples {
  readonly #prompts: ChatPrompts;
  readonly #tokenizer: Tokenizer;
  readonly #replies: ModelReplies;

  constructor(file: ModelFile, tokenizer: Tokenizer, replies: ModelReplies) {
    this.#prompts = new ChatPrompts(file, tokenizer, () => new Date(0));
    this.#tokenizer = tokenizer;
    this.#replies = replies;
  }

  /** @param lines JSON lines of tasks and questions */
  async of(lines: string): Promise<readonly ReplySample[]> {
    const samples: ReplySample[] = [];
    for (const line of lines.split('\n')) {
      if (line !== '') samples.push(await this.#sample(v.parse(Sample, JSON.parse(line))));
    }
    return samples;
  }

  async #sample({ task, question }: v.InferOutput<typeof Sample>): Promise<ReplySample> {
    const { tokens: prompt } = await this.#prompts.prompt([{ role: 'user', content: question }], 'auto');
    const [block] = answerParts(question).blocks;
    const code = block?.lines.join('\n') ?? question;
    const lookup = REFACTOR_TASKS.includes(task) ? { text: code } : 'prompt';
    const text = await lookupTokens(lookup, prompt, this.#tokenizer);
    return {
      prompt,
      text,
      thoughtEnd: this.#tokenizer.thinkCloseTokenId,
      reply: await this.#replies.replyTo(prompt, text),
    };
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineClient } from '../../src/engineClient/engineClient.ts';
import { embeddedModelPath } from '../../src/engineClient/embeddedModelPath.ts';
import { chosenModel } from '../../src/extension/models/chosenModel.ts';
import type { LoadedModel } from '../../src/protocol/engine.ts';
import { collect, question, startEngine, streamed } from '../support/engineProcess.ts';
import { ChatHarness } from './chatHarness.ts';

const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const nano = embeddedModelPath(checkout);

/**
 * Held-out samples (`glassbox_nano.data.generate --split eval`), some of their names shortened. They are ones that the
 * model gets right, so that a change of the engine shows; how many it gets right is in docs/nano.md.
 */
const cases: readonly {
  readonly task: string;
  readonly question: string;
  /** A step that the thought has to take. */
  readonly step: string;
  readonly answer: string;
}[] = [
  {
    task: 'traces a loop',
    question: `\`lib/ows.js\`, lines 2 to 6:

\`\`\`javascript
let beach = 1;
for (let i = 0; i < 2; i++) {
  beach += 1;
}
console.log(beach);
\`\`\`

Show me the output of this program.`,
    step: 'beach:2+1,beach=3',
    answer: 'It prints:\n\n```\n3\n```',
  },
  {
    task: 'finds the wrong line',
    question: `Why is this wrong?
\`\`\`js
// Returns refunds in reverse order
function g(refunds) {
  const street = [];
  for (let k = refunds.length - 1; k >= 0; k++) {
    street.push(refunds[k]);
  }
  return street;
}
console.log(g([5, 17, 17]));
\`\`\``,
    step: '4: for (let k = refunds.length - 1; k >= 0; k++) { wrong',
    answer:
      'Line 4 is wrong: k moves away from the end of the loop. It should be:\n\n' +
      '```js\n  for (let k = refunds.length - 1; k >= 0; k--) {\n```',
  },
  {
    task: 'replaces var',
    question: `\`src/tower.js\`:

\`\`\`javascript
var palaceList = [5, 8];
var shoreCherry = 0;
for (var i = 0; i < palaceList.length; i++) {
  shoreCherry += palaceList[i] * i;
}
console.log("shore", shoreCherry);
\`\`\`

Replace var with const and let.`,
    step: 'palaceList const',
    answer: `\`\`\`javascript
const palaceList = [5, 8];
let shoreCherry = 0;
for (let i = 0; i < palaceList.length; i++) {
  shoreCherry += palaceList[i] * i;
}
console.log("shore", shoreCherry);
\`\`\``,
  },
  {
    task: 'turns nested ifs into guard clauses',
    question: `Flatten this function with guard clauses.

\`\`\`
function shirt(a) {
  if (a >= 0) {
    if (a % 2 === 0) {
      return 'goat';
    } else {
      return 'rack';
    }
  } else {
    return 'field';
  }
}
\`\`\``,
    step: "a >= 0: if (a < 0) return 'field';",
    answer: `\`\`\`
function shirt(a) {
  if (a < 0) return 'field';
  if (a % 2 !== 0) return 'rack';
  return 'goat';
}
\`\`\``,
  },
  {
    task: 'says what a function does',
    question: `\`area.ts\`, lines 2 to 8:

\`\`\`typescript
function bike(c: number[], chalkSpool: number): boolean {
  for (const motor of c) {
    if (motor === chalkSpool) return true;
  }
  return false;
}
console.log(bike([6, 8], 8));
\`\`\`

What does this function do?`,
    step: 'if (motor === chalkSpool) return true',
    answer: 'It returns whether c contains chalkSpool.',
  },
  {
    task: 'says what it can do when it is asked for anything else',
    question: 'write me a poem',
    step: 'not one of my tasks',
    answer:
      'I am glassbox-nano, the small demonstration model inside Glassbox: I can trace, check, refactor and describe ' +
      'small JavaScript and TypeScript code; for anything else choose a larger model with "Glassbox: Choose Model...".',
  },
];

describe('glassbox-nano', () => {
  let engine: EngineClient;
  let model: LoadedModel;

  beforeAll(async () => {
    engine = await startEngine();
    model = await engine.load({ path: nano });
  });
  afterAll(() => engine.dispose());

  it('is a small DeepSeek that thinks by itself and is greedy by its own recommendation', () => {
    expect(model).toMatchObject({
      architecture: 'deepseek2',
      isReasoningModel: true,
      hasChatTemplate: true,
      contextCapacity: 1024,
      sampling: { temperature: 0 },
    });
  });

  it.each(cases)('$task', async ({ question: text, step, answer }) => {
    // No sampling and no limit: all that is the model's own.
    const { maxTokens: _, ...params } = question(text, { sampling: {} });
    const { result, events } = await collect(engine, params);
    const thought = streamed(events, 'thought');
    expect({ answer: streamed(events, 'answer'), finish: result.finishReason }).toEqual({
      answer,
      finish: 'stop',
    });
    expect(thought).toContain(step);
    expect(thought).not.toMatch(/<\/?think/);
  });
});

describe('A chat with glassbox-nano', () => {
  let folder: string;
  let chat: ChatHarness;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-nano-'));
    chat = new ChatHarness({ folder, model: chosenModel('', nano) });
    // As the settings are when nobody has changed them.
    chat.answerSettings = { mode: 'auto', budgetTokens: 2048, sampling: {}, keepTraces: true };
  });
  afterAll(async () => {
    await chat.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('announces a full context, and goes on without the oldest questions when the user agrees', async () => {
    const text = cases[0]?.question ?? '';
    const notice = (id: string) => chat.state.notices.find((each) => each.id === id);
    let asked = 0;
    while (notice('overflow') === undefined) {
      expect(asked).toBeLessThan(20);
      await chat.session.receive({ type: 'ask', text });
      asked += 1;
      await chat.until(() => chat.state.busy === undefined || notice('overflow') !== undefined);
    }
    expect(chat.state.context.capacity).toBe(1024);
    // A quarter of the context is kept for the reply; a third question of this length still fits into the rest.
    expect(asked).toBeGreaterThan(3);
    expect(notice('overflow')?.message).toContain('the context holds 1024, 256 of them kept for the reply');

    await chat.pick('overflow', 'drop');
    await chat.until(() => chat.state.busy === undefined);
    expect(chat.lastAnswer().status).toEqual({ kind: 'done', finish: 'stop' });
    expect(notice('dropped')?.message).toMatch(/no longer reads the first/);
  });
});

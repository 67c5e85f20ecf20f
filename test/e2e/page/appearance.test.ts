import { mkdir } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatState } from '../../../src/protocol/chat.ts';
import { answer, chatState, delta, embeddedModel, openChat, question, startBrowser } from './chatHarness.ts';
import type { ThemeName } from './themes.ts';

/**
 * Every state of the page in every theme, as pictures in test-results/page for people to look at, and the part of
 * "nothing is cramped" that a machine can tell.
 */
const pictures = 'test-results/page';
let browser: Browser;

beforeAll(async () => {
  await mkdir(pictures, { recursive: true });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
});

const text = `The total is wrong because \`discount\` is applied **twice**: once per line and once for the cart.

### What to change

1. Remove the call in \`lineTotal\`.
2. Keep the one in \`cartTotal\`:

   \`\`\`ts
   // applied once, after the lines are summed
   export function cartTotal(cart: Cart): number {
     const sum = cart.lines.reduce((total, line) => total + lineTotal(line), 0);
     return sum * (1 - (cart.discount ?? 0));
   }
   \`\`\`

| Case | Before | After |
|:--|--:|--:|
| one line | 81.00 | 90.00 |
| two lines | 162.00 | 180.00 |

> A test for the empty cart is missing.

See [the documentation](https://example.com/docs), not [this](command:x) or <script>alert(1)</script>.
`;
const thought = `Okay, the user asks about the total.
Let me look at lineTotal first. It multiplies price and quantity and then applies the discount.

Then cartTotal sums the lines and applies the discount again.
So the discount is applied twice.
I should say which call to remove and show the corrected function.`;
const thoughtCost = { thought, thoughtTokens: 87, thoughtMs: 12_000 };
const asked = question('q1', 'Why is the total of my cart wrong when there is a discount?', {
  chips: [{ label: 'cart.ts:10-24', tokens: 312 }],
  branch: { index: 1, count: 3 },
});
const base: Partial<ChatState> = {
  title: 'Cart discount',
  chips: [
    { id: 's', kind: 'selection', label: 'cart.ts:10-24', tokens: 312, attached: true },
    {
      id: 'f',
      kind: 'file',
      label: 'aVeryLongFileNameThatNeverEnds.integration.test.ts',
      tokens: 2150,
      attached: false,
    },
    { id: 'p', kind: 'problems', label: '2 problems', attached: false },
  ],
  history: [
    { id: 'conversation-1', title: 'Cart discount', updatedAt: 1_780_000_000_000 },
    { id: 'c2', title: 'A much longer title of a conversation about tests', updatedAt: 1_770_000_000_000 },
  ],
};
const live = (change: Parameters<typeof answer>[2]) =>
  chatState({ ...base, busy: 'a1', turns: [asked, answer('a1', '', change)] });

describe.each<[ThemeName, number]>([
  ['dark', 300],
  ['dark', 420],
  ['light', 360],
  ['high-contrast', 360],
  ['high-contrast-light', 300],
])('in the %s theme at %i px', (theme, width) => {
  it('fits the panel in every state', async () => {
    const chat = await openChat(browser, { theme, width, height: 760 });
    const look = async (name: string) => {
      await chat.settled();
      await chat.page.screenshot({ path: `${pictures}/${theme}-${width}-${name}.png` });
      // What is wider than the panel scrolls inside its own box: code, tables.
      const wide: string[] = await chat.page.evaluate(`
        [...document.querySelectorAll('body *')]
          .filter((node) => !node.closest('pre, table, .visually-hidden, .tooltip, svg') && node.getBoundingClientRect().right > innerWidth + 0.5)
          .map((node) => node.outerHTML.slice(0, 80))
      `);
      expect(wide, name).toEqual([]);
    };
    await chat.send({ type: 'state', state: chatState({ chips: base.chips ?? [] }) });
    await look('1-empty');
    await chat.send({
      type: 'state',
      state: chatState({
        chips: base.chips ?? [],
        model: embeddedModel,
        context: { tokens: 0, capacity: 0 },
      }),
    });
    await look('1-empty-embedded');
    await chat.send({
      type: 'state',
      state: chatState({ model: { status: 'none' }, context: { tokens: 0, capacity: 0 } }),
    });
    await look('2-no-model');
    await chat.send({
      type: 'state',
      state: live({ status: { kind: 'prefill', done: 512, total: 1240, reused: 1100 } }),
    });
    await look('3-prefill');
    await chat.send({ type: 'state', state: live({ status: { kind: 'thinking' } }) });
    await chat.send(delta('a1', { ...thoughtCost, tokensPerSecond: 14.2 }));
    await look('4-thinking');
    await chat.send({
      type: 'status',
      answerId: 'a1',
      status: { kind: 'answering' },
      thoughtEnd: 'answerNow',
    });
    await chat.send(
      delta('a1', { ...thoughtCost, thought: '', answer: text.slice(0, 420), tokensPerSecond: 14.2 }),
    );
    await look('5-answering');
    const timings = {
      promptTokens: 1240,
      reusedTokens: 1100,
      prefillMs: 320,
      decodedTokens: 240,
      decodeMs: 16_900,
      timeToFirstTokenMs: 400,
      backendMs: 16_000,
    };
    const done = answer('a1', text, {
      ...thoughtCost,
      thoughtEnd: 'answerNow',
      timings,
      branch: { index: 0, count: 2 },
    });
    const context = { tokens: 6900, capacity: 8192 };
    await chat.send({ type: 'state', state: chatState({ ...base, context, turns: [asked, done] }) });
    await look('6-done');
    await chat.page.getByRole('button', { name: /^Thought for/ }).click();
    await chat.page.evaluate('document.querySelector(".scroller").scrollTo(0, 0)');
    await look('7-thought-open');
    await chat.page.getByRole('button', { name: 'Edit question' }).click();
    await look('8-edit');
    await chat.page.keyboard.press('Escape');
    await chat.page.getByRole('button', { name: 'History' }).click();
    await chat.page.getByRole('button', { name: 'Delete Cart discount' }).click();
    await look('9-history');
    await chat.page.keyboard.press('Escape');
    const failed = answer('a1', 'The total is', {
      thought: 'Hm.',
      thoughtTokens: 3,
      thoughtMs: 900,
      thoughtEnd: 'loop',
      status: {
        kind: 'failed',
        message: 'The engine stopped (SIGKILL). It starts again with the next question.',
      },
    });
    const notice = {
      id: 'n',
      severity: 'warning' as const,
      message: 'The conversation no longer fits: 9,120 of 8,192 tokens. The 2 oldest turns would be dropped.',
      actions: [
        { id: 'drop', label: 'Drop 2 turns' },
        { id: 'new', label: 'New chat' },
      ],
    };
    const full = { tokens: 7700, capacity: 8192 };
    const turns = [asked, failed];
    await chat.send({
      type: 'state',
      state: chatState({ ...base, context: full, notices: [notice], turns }),
    });
    await chat.page.getByRole('meter', { name: 'Context used' }).focus();
    await look('10-failed');
    expect(chat.problems).toEqual([]);
    await chat.close();
  });
});

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ChatHarness } from './chatHarness.ts';
import type { PageOpenOptions } from './pageHarness.ts';
import { answer, chatState, delta, embeddedModel, openChat, question, startBrowser } from './chatHarness.ts';
import type { ThemeName } from './themes.ts';

let browser: Browser;
let chat: ChatHarness;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
});
afterEach(async () => {
  // Whatever a test did: no script error, nothing refused by the policy, nothing loaded from anywhere.
  const { problems, foreignRequests } = chat;
  await chat.close();
  expect(problems).toEqual([]);
  expect(foreignRequests).toEqual([]);
});

async function open(options?: PageOpenOptions): Promise<ChatHarness> {
  chat = await openChat(browser, options);
  return chat;
}

const manyLines = (count: number) =>
  Array.from({ length: count }, (_, index) => `Thought line ${index + 1}.`).join('\n');
const paragraphs = (count: number) =>
  Array.from({ length: count }, (_, index) => `Paragraph ${index + 1}.\n\n`).join('');
const ask = question('q1', 'Why is the total wrong?');
const live = (kind: 'thinking' | 'answering') =>
  chatState({ busy: 'a1', turns: [ask, answer('a1', '', { status: { kind } })] });
const scroll = (expression: string): Promise<number> =>
  chat.page.evaluate(`(() => { const view = document.querySelector('.scroller'); return ${expression}; })()`);

const mixed = `The total is wrong because **the discount** is applied twice.

- once in \`lineTotal\`
- once in \`cartTotal\`

  with a second paragraph

| a | b |
|:--|--:|
| 1 | 2 |

\`\`\`ts
const total = 1; // the sum
\`\`\`

> quoted
lazily

1. first

   \`\`\`python
   print("nested")
   \`\`\`
2. second

Heading
=======

~~~
never closed <b>
`;

describe('before the first question', () => {
  const larger = 'Choose a larger model…';

  it('says what the embedded model is for, and puts a question for it into the input', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: chatState({ model: embeddedModel }) });
    await page.getByText(/^glassbox-nano, .* traces, checks, refactors and describes/).waitFor();
    await expect
      .poll(() => page.getByRole('group', { name: 'Try a question' }).getByRole('button').count())
      .toBe(3);
    await page.getByRole('button', { name: 'What does this print?' }).click();
    const input = page.getByRole('textbox', { name: 'Ask about your code' });
    await expect.poll(() => input.inputValue()).toBe('What does this print?');
    await input.press('Enter');
    await expect.poll(() => chat.sent('ask')).toEqual([{ type: 'ask', text: 'What does this print?' }]);
  });

  it('offers a larger model than the embedded one, by keyboard too', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: chatState({ model: embeddedModel }) });
    await page.getByRole('button', { name: 'Use const and let instead of var.' }).focus();
    await page.keyboard.press('Tab');
    await expect.poll(() => page.evaluate('document.activeElement.textContent.trim()')).toBe(larger);
    await page.keyboard.press('Enter');
    await expect.poll(() => chat.sent('chooseModel')).toEqual([{ type: 'chooseModel' }]);
  });

  it('holds still while the embedded model is loaded', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: chatState({ model: embeddedModel }) });
    const before = await page.getByRole('main').innerHTML();
    await chat.send({ type: 'model', model: { ...embeddedModel, status: 'loading', fraction: 0.5 } });
    await expect.poll(() => page.getByRole('main').innerHTML()).toBe(before);
  });

  it('says nothing of the embedded model when another one is chosen', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: chatState() });
    await page.getByRole('button', { name: 'Explain what this code does' }).waitFor();
    await expect.poll(() => page.getByRole('button', { name: larger }).count()).toBe(0);
    await expect.poll(() => page.getByText(/glassbox-nano/).isVisible()).toBe(false);
  });

  it('says that the embedded model is missing, and how to go on', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: chatState({ model: { status: 'none' } }) });
    await page.getByText(/missing from this installation\. Choose a GGUF file/).waitFor();
    await page.getByRole('main').getByRole('button', { name: 'Choose a model' }).click();
    await expect.poll(() => chat.sent('chooseModel')).toEqual([{ type: 'chooseModel' }]);
  });
});

describe('asking', () => {
  it('sends the question with Enter and empties the input', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: chatState() });
    const input = page.getByRole('textbox', { name: 'Ask about your code' });
    await input.fill('What is this?');
    await input.press('Enter');
    await expect.poll(() => chat.sent('ask')).toEqual([{ type: 'ask', text: 'What is this?' }]);
    await expect.poll(() => input.inputValue()).toBe('');
  });

  it('makes a new line with Shift+Enter', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: chatState() });
    const input = page.getByRole('textbox', { name: 'Ask about your code' });
    await input.fill('one');
    await input.press('Shift+Enter');
    await input.pressSequentially('two');
    await expect.poll(() => input.inputValue()).toBe('one\ntwo');
    expect(await chat.sent('ask')).toEqual([]);
  });

  it('reports what was typed once the typing pauses', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: chatState() });
    await page.getByRole('textbox', { name: 'Ask about your code' }).pressSequentially('half a question');
    await chat.until('window.__sent.some(({ type }) => type === "draft")');
    await expect.poll(() => chat.sent('draft')).toEqual([{ type: 'draft', text: 'half a question' }]);
  });

  it('reports a draft before it leaves the conversation, and never as the next one’s', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: chatState() });
    await page.getByRole('textbox', { name: 'Ask about your code' }).fill('for the first chat');
    await page.getByRole('button', { name: 'New chat' }).click();
    await chat.send({ type: 'state', state: chatState({ conversationId: 'conversation-2' }) });
    await expect.poll(() => page.getByRole('textbox', { name: 'Ask about your code' }).inputValue()).toBe('');
    const types: string[] = await page.evaluate('window.__sent.map(({ type }) => type)');
    expect(types).toEqual(['ready', 'draft', 'newChat']);
  });

  it('says why nothing can be sent without a model, and keeps the text', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: chatState({ model: { status: 'none' } }) });
    const input = page.getByRole('textbox', { name: 'Ask about your code' });
    await input.fill('What is this?');
    await input.press('Enter');
    expect(await chat.sent('ask')).toEqual([]);
    await expect.poll(() => input.inputValue()).toBe('What is this?');
    await expect.poll(() => page.getByText('Choose a model to send a question.').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Choose a model' }).first().click();
    await expect.poll(() => chat.sent('chooseModel')).toHaveLength(1);
  });

  it('stops the answer with Escape and with the Stop button', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: live('answering') });
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Stop (Escape)' }).click();
    await expect.poll(() => chat.sent('stop')).toHaveLength(2);
  });

  it('attaches and detaches context, and changes the reasoning mode', async () => {
    const { page } = await open();
    const chips = [{ id: 'file', kind: 'file' as const, label: 'cart.ts', tokens: 2150, attached: false }];
    await chat.send({ type: 'state', state: chatState({ chips }) });
    await page.getByRole('button', { name: 'cart.ts 2.1k tokens' }).click();
    await expect
      .poll(() => chat.sent('toggleChip'))
      .toEqual([{ type: 'toggleChip', chipId: 'file', attached: true }]);
    await page.getByRole('combobox', { name: 'Reasoning mode' }).click();
    await page.getByRole('option', { name: 'Think: always' }).click();
    await expect
      .poll(() => chat.sent('setReasoningMode'))
      .toEqual([{ type: 'setReasoningMode', mode: 'force' }]);
  });

  it('edits a question in place and walks through its versions', async () => {
    const { page } = await open();
    const asked = question('q1', 'Why is it wrong?', { branch: { index: 1, count: 3 } });
    await chat.send({ type: 'state', state: chatState({ turns: [asked, answer('a1', 'Because.')] }) });
    await page.getByRole('button', { name: 'Previous version' }).click();
    await expect
      .poll(() => chat.sent('selectBranch'))
      .toEqual([{ type: 'selectBranch', turnId: 'q1', index: 0 }]);
    await page.getByRole('button', { name: 'Edit question' }).click();
    const editor = page.getByRole('textbox', { name: 'Edit the question' });
    await expect.poll(() => editor.inputValue()).toBe('Why is it wrong?');
    await editor.fill('Why is it right?');
    await editor.press('Enter');
    await expect
      .poll(() => chat.sent('edit'))
      .toEqual([{ type: 'edit', questionId: 'q1', text: 'Why is it right?' }]);
  });

  it('does not stop the running answer when Escape closes the history', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: live('answering') });
    await page.getByRole('button', { name: 'History' }).click();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog', { name: 'History' }).isVisible()).toBe(false);
    expect(await chat.sent('stop')).toEqual([]);
  });

  it('deletes a conversation only after it was confirmed', async () => {
    const { page } = await open();
    const history = [{ id: 'c2', title: 'Old chat', updatedAt: 0 }];
    await chat.send({ type: 'state', state: chatState({ history }) });
    await page.getByRole('button', { name: 'History' }).click();
    await page.getByRole('button', { name: 'Delete Old chat' }).click();
    expect(await chat.sent('deleteConversation')).toEqual([]);
    await page.getByRole('button', { name: 'Delete Old chat' }).click();
    await expect
      .poll(() => chat.sent('deleteConversation'))
      .toEqual([{ type: 'deleteConversation', conversationId: 'c2' }]);
  });
});

describe('the thought', () => {
  it('shows its last lines while it streams, with time and tokens, and folds when the answer starts', async () => {
    const { page } = await open();
    await chat.send(
      { type: 'state', state: live('thinking') },
      delta('a1', { thought: manyLines(40), thoughtTokens: 240, thoughtMs: 12_000 }),
    );
    const toggle = page.getByRole('button', { name: /^Thinking… 12 s · 240 tokens$/ });
    await expect.poll(() => toggle.getAttribute('aria-expanded')).toBe('false');
    expect(await visibleInBody('Thought line 40.')).toBe(true);
    expect(await visibleInBody('Thought line 1.')).toBe(false);
    await chat.send({
      type: 'status',
      answerId: 'a1',
      status: { kind: 'answering' },
      thoughtEnd: 'model',
      thoughtMs: 12_000,
    });
    await page.getByRole('button', { name: /^Thought for 12 s · 240 tokens$/ }).waitFor();
    await expect.poll(() => page.locator('.thought-body').isVisible()).toBe(false);
  });

  it('tells the host when what it marked is drawn, and of nothing else', async () => {
    await open();
    await chat.send(
      { type: 'state', state: live('thinking') },
      delta('a1', { thought: 'One. ', thoughtTokens: 1 }),
      delta('a1', { thought: 'Two. ', thoughtTokens: 2, mark: 7 }),
      delta('a1', { thought: 'Three. ', thoughtTokens: 3 }),
    );
    await chat.until('window.__sent.some(({ type }) => type === "drawn")');
    await chat.settled();
    const drawn = await chat.sent('drawn');
    expect(drawn.map(({ mark }) => mark)).toEqual([7]);
    expect(drawn[0]?.heldMs).toBeGreaterThanOrEqual(0);
    await expect.poll(() => chat.page.locator('.thought-body').textContent()).toContain('Two.');
  });

  it.each([
    ['budget', 'thinking budget spent'],
    ['answerNow', 'ended by Answer now'],
    ['loop', 'it repeated itself'],
    ['unfinished', 'unfinished'],
  ] as const)('says that it ended by %s', async (thoughtEnd, words) => {
    const { page } = await open();
    const done = answer('a1', 'Yes.', { thought: 'Hm.', thoughtTokens: 2, thoughtMs: 20_000, thoughtEnd });
    await chat.send({ type: 'state', state: chatState({ turns: [ask, done] }) });
    await expect.poll(() => page.locator('.thought-label').textContent()).toContain(words);
  });

  it('stays open when the user opened it, and is remembered when the page comes back', async () => {
    const { page } = await open();
    const thought = delta('a1', { thought: manyLines(10), thoughtTokens: 40, thoughtMs: 3000 });
    await chat.send({ type: 'state', state: live('thinking') }, thought);
    await page.getByRole('button', { name: /^Thinking/ }).click();
    await chat.send({ type: 'status', answerId: 'a1', status: { kind: 'answering' }, thoughtEnd: 'model' });
    await expect.poll(() => page.getByText('Thought line 1.', { exact: true }).isVisible()).toBe(true);
    await chat.until('window.__persisted?.thoughts.a1 === true');
    const persisted = await chat.persisted();
    await chat.close();

    await open({ persisted });
    const done = answer('a1', 'Yes.', { thought: manyLines(10), thoughtTokens: 40, thoughtMs: 3000 });
    await chat.send({ type: 'state', state: chatState({ turns: [ask, done] }) });
    await expect.poll(() => chat.page.getByText('Thought line 1.', { exact: true }).isVisible()).toBe(true);
  });

  it('can be ended with Answer now', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: live('thinking') });
    await page.getByRole('button', { name: 'Answer now' }).click();
    await expect.poll(() => chat.sent('answerNow')).toHaveLength(1);
  });

  /** Whether a line lies inside the visible box of the thought. */
  async function visibleInBody(line: string): Promise<boolean> {
    const body = await chat.page.locator('.thought-body').boundingBox();
    const box = await chat.page.getByText(line, { exact: true }).boundingBox();
    if (!body || !box) return false;
    return box.y >= body.y - 1 && box.y + box.height <= body.y + body.height + 1;
  }
});

describe('scrolling', () => {
  it('follows the text while the reader is at the end', async () => {
    await open({ height: 400 });
    await chat.send({ type: 'state', state: live('answering') }, delta('a1', { answer: paragraphs(60) }));
    await chat.send(delta('a1', { answer: paragraphs(20) }));
    expect(await scroll('view.scrollHeight - view.clientHeight - view.scrollTop')).toBeLessThanOrEqual(1);
  });

  it('leaves a reader who scrolled up where they are, whatever streams in below', async () => {
    const { page } = await open({ height: 400 });
    await chat.send({ type: 'state', state: live('thinking') });
    await chat.send(delta('a1', { thought: manyLines(30), thoughtTokens: 100, thoughtMs: 1000 }));
    await chat.send({ type: 'status', answerId: 'a1', status: { kind: 'answering' }, thoughtEnd: 'model' });
    await chat.send(delta('a1', { answer: paragraphs(60) }));
    await page.locator('.scroller').hover();
    await page.mouse.wheel(0, -300);
    await chat.until('document.querySelector(".jump").hidden === false');
    const line = page.getByText('Paragraph 50.', { exact: true });
    const before = await line.boundingBox();
    for (let index = 0; index < 20; index++) await chat.send(delta('a1', { answer: paragraphs(5) }));
    await chat.send({ type: 'status', answerId: 'a1', status: { kind: 'done', finish: 'stop' } });
    expect(await line.boundingBox()).toEqual(before);
    await page.getByRole('button', { name: 'Jump to latest' }).click();
    expect(await scroll('view.scrollHeight - view.clientHeight - view.scrollTop')).toBeLessThanOrEqual(1);
  });

  it('does not move what is read when the thought above folds', async () => {
    const { page } = await open({ height: 400 });
    const earlier = [question('q0', 'Earlier?'), answer('a0', paragraphs(60))];
    const turns = [...earlier, ask, answer('a1', '', { status: { kind: 'thinking' as const } })];
    await chat.send({ type: 'state', state: chatState({ busy: 'a1', turns }) });
    await chat.send(delta('a1', { thought: manyLines(30), thoughtTokens: 100, thoughtMs: 1000 }));
    await page.locator('.scroller').hover();
    await page.mouse.wheel(0, -900);
    await chat.until('document.querySelector(".jump").hidden === false');
    await chat.settled();
    const line = page.locator('.markdown p').nth(40);
    const before = await line.boundingBox();
    await chat.send({ type: 'status', answerId: 'a1', status: { kind: 'answering' }, thoughtEnd: 'model' });
    await chat.send(delta('a1', { answer: paragraphs(30) }));
    expect(await line.boundingBox()).toEqual(before);
  });

  it('comes back to the same place in a long conversation', async () => {
    const { page } = await open({ height: 500 });
    const turns = Array.from({ length: 60 }, (_, index) => [
      question(`q${index}`, `Question ${index}`),
      answer(`a${index}`, paragraphs(4 + (index % 7))),
    ]).flat();
    const state = chatState({ turns });
    await chat.send({ type: 'state', state });
    await chat.until('document.querySelectorAll(".markdown p").length > 300');
    await page.evaluate('document.querySelector("[data-turn-id=q30]").scrollIntoView({ block: "start" })');
    await chat.settled();
    await chat.until('window.__persisted?.scroll !== undefined');
    await page.evaluate('new Promise((done) => setTimeout(done, 300))');
    const before = await page.getByText('Question 30', { exact: true }).boundingBox();
    const persisted = await chat.persisted();
    await chat.close();

    await open({ height: 500, persisted });
    await chat.send({ type: 'state', state });
    await chat.until('document.querySelectorAll(".markdown p").length > 300');
    await chat.settled();
    const after = await chat.page.getByText('Question 30', { exact: true }).boundingBox();
    // Sub-pixel positions are rounded once when stored and once when scrolled: one pixel each.
    expect(Math.abs((after?.y ?? 0) - (before?.y ?? 1e6))).toBeLessThanOrEqual(2);
  });
});

describe('the answer', () => {
  const html = (): Promise<string> => chat.page.evaluate('document.querySelector(".markdown").innerHTML');
  const finish = { type: 'status', answerId: 'a1', status: { kind: 'done', finish: 'stop' } } as const;

  it('looks the same streamed character by character as shown at once', async () => {
    await open();
    await chat.send({ type: 'state', state: chatState({ turns: [ask, answer('a1', mixed)] }) });
    const whole = await html();
    await chat.close();

    await open();
    await chat.send({ type: 'state', state: live('answering') });
    for (let at = 0; at < mixed.length; at += 7)
      await chat.send(delta('a1', { answer: mixed.slice(at, at + 7) }));
    await chat.send(finish);
    expect(await html()).toBe(whole);
    expect(whole).toContain('hljs-keyword');
  });

  it('never touches a finished block again', async () => {
    await open();
    await chat.send(
      { type: 'state', state: live('answering') },
      delta('a1', { answer: `${mixed.slice(0, 200)}\n\nNext.\n\n` }),
    );
    await chat.page.evaluate(`
      window.__touched = 0;
      for (const block of [...document.querySelectorAll('.block')].slice(0, 2)) {
        new MutationObserver((records) => (window.__touched += records.length)).observe(block, { subtree: true, childList: true, characterData: true, attributes: true });
      }
    `);
    for (let index = 0; index < 30; index++)
      await chat.send(delta('a1', { answer: `More text ${index}.\n\n` }));
    await chat.send(finish);
    expect(await chat.page.evaluate('window.__touched')).toBe(0);
  });

  it('keeps a selection in the paragraph that is being written', async () => {
    await open();
    await chat.send(
      { type: 'state', state: live('answering') },
      delta('a1', { answer: 'Select these words' }),
    );
    await chat.page.evaluate(`
      const text = document.querySelector('.markdown p').firstChild;
      getSelection().setBaseAndExtent(text, 0, text, 12);
    `);
    await chat.send(delta('a1', { answer: ' while more arrives.\n\nAnd a next paragraph.\n' }));
    expect(await chat.page.evaluate('getSelection().toString()')).toBe('Select these');
  });

  it('copies and inserts code as it was written', async () => {
    const { page } = await open();
    const code = 'if (a < b && c > "d") {\n\treturn `x`;\n}\n';
    await chat.send({
      type: 'state',
      state: chatState({ turns: [ask, answer('a1', `Code:\n\n\`\`\`ts\n${code}\`\`\`\n`)] }),
    });
    await page.getByRole('button', { name: 'Copy code' }).click();
    await page.getByRole('button', { name: 'Insert at cursor' }).click();
    await page.getByRole('button', { name: 'Copy answer' }).click();
    await expect.poll(() => chat.sent('insert')).toEqual([{ type: 'insert', text: code }]);
    expect((await chat.sent('copy')).map(({ text }) => text)).toEqual([
      code,
      `Code:\n\n\`\`\`ts\n${code}\`\`\`\n`,
    ]);
  });

  it('ignores text for an answer that it does not show, and messages that are none', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: live('answering') }, delta('other', { answer: 'Not for you.' }));
    await page.evaluate(`
      for (const message of [null, 1, 'state', {}, { type: 'state' }, { type: 'delta', answerId: 'a1' }, { type: 'toString' },
        { type: 'state', state: { turns: 'many' } }]) window.postMessage(message, '*');
    `);
    await chat.send(delta('a1', { answer: 'For you.' }));
    expect((await page.locator('.markdown').textContent())?.trim()).toBe('For you.');
  });

  it('shows what it waits for, prefill with reused tokens, failures with retry, and what it cost', async () => {
    const { page } = await open();
    await chat.send({ type: 'state', state: live('answering') });
    await chat.send({ type: 'status', answerId: 'a1', status: { kind: 'waiting', what: 'engine' } });
    await expect.poll(() => page.locator('.status').textContent()).toBe('Starting the engine…');
    await chat.send({
      type: 'status',
      answerId: 'a1',
      status: { kind: 'prefill', done: 512, total: 1240, reused: 1100 },
    });
    await expect
      .poll(() => page.locator('.status').textContent())
      .toBe('Reading the prompt… 512 of 1,240 tokens · 1,100 reused');
    await expect
      .poll(() => page.locator('.answer [role=progressbar][aria-valuenow]').getAttribute('aria-valuenow'))
      .toBe('41');
    await chat.send({
      type: 'status',
      answerId: 'a1',
      status: { kind: 'failed', message: 'The engine stopped.' },
    });
    await expect.poll(() => page.getByText('The engine stopped.').first().isVisible()).toBe(true);
    await expect.poll(() => page.getByRole('button', { name: 'Send' }).isVisible()).toBe(true);
    const timings = {
      promptTokens: 1240, reusedTokens: 1100, prefillMs: 300, decodedTokens: 142, decodeMs: 10_000, timeToFirstTokenMs: 400,
      backendMs: 9000,
    }; // prettier-ignore
    await chat.send({ type: 'state', state: chatState({ turns: [ask, answer('a1', 'Yes.', { timings })] }) });
    await expect
      .poll(() => page.locator('.cost').textContent())
      .toBe('prompt 1,240 tokens · 1,100 reused · first token 0.4 s · 14.2 tokens/s');
    await page.getByRole('button', { name: 'Retry' }).click();
    await expect.poll(() => chat.sent('retry')).toEqual([{ type: 'retry', answerId: 'a1' }]);
  });
});

describe('hostile text', () => {
  const hostile = [
    '<script>window.__owned = 1</script>',
    '<img src=x onerror="window.__owned = 1">',
    '<think>not a thought</think>',
    '[a](javascript:window.__owned=1) [b](command:workbench.action.terminal.new) [c](vscode://x/y) [d](file:///etc/passwd)',
    '[e](data:text/html,<script>1</script>) <javascript:alert(1)> [f]( javascript:alert(1)) [g](JaVaScRiPt:alert(1))',
    '![pixel](https://evil.example/pixel.png) ![x](javascript:alert(1))',
    '[h](https://example.com "title\\" onmouseover=\\"alert(1)")',
    '```html"><script>window.__owned = 1</script>\n<script>window.__owned = 1</script>\n```',
    '<style>body { display: none }</style> <iframe src="https://evil.example"></iframe> <form action="https://evil.example">',
    `${'>'.repeat(500)} ${'['.repeat(2000)} ${'*a '.repeat(2000)} ${'`'.repeat(999)}`,
    'x'.repeat(200_000),
    '```\nunclosed <script>window.__owned = 1</script>',
  ].join('\n\n');

  it('is shown as text, with links only to http, https and mailto', async () => {
    await open();
    await chat.send({ type: 'state', state: live('thinking') });
    await chat.send(delta('a1', { thought: hostile, thoughtTokens: 1, thoughtMs: 1 }));
    await chat.send({ type: 'status', answerId: 'a1', status: { kind: 'answering' }, thoughtEnd: 'model' });
    for (let at = 0; at < hostile.length; at += 9973) {
      await chat.send(delta('a1', { answer: hostile.slice(at, at + 9973) }));
    }
    await chat.send({ type: 'status', answerId: 'a1', status: { kind: 'done', finish: 'length' } });
    const found: { owned: unknown; tags: string[]; links: string[]; handlers: number } = await chat.page
      .evaluate(`({
      owned: window.__owned ?? null,
      tags: [...new Set([...document.querySelectorAll('.turn *')].map((node) => node.localName))]
        .filter((name) => ['script', 'img', 'style', 'iframe', 'form', 'think', 'object', 'embed', 'link'].includes(name)),
      links: [...document.querySelectorAll('.turn a')].map((link) => link.getAttribute('href')),
      handlers: [...document.querySelectorAll('.turn *')].flatMap((node) => [...node.attributes]).filter(({ name }) => name.startsWith('on')).length,
    })`);
    expect(found).toMatchObject({ owned: null, tags: [], handlers: 0 });
    expect(found.links).toContain('https://evil.example/pixel.png');
    expect(found.links.filter((link) => !/^(https?:\/\/|mailto:)/.test(link))).toEqual([]);
    const text = await chat.page.locator('.markdown').textContent();
    expect(text).toContain('<script>window.__owned = 1</script>');
    expect(text).toContain('<think>not a thought</think>');
  });
});

describe('accessibility', () => {
  const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

  it.each(['dark', 'light', 'high-contrast', 'high-contrast-light'] as const)(
    'has no violation that axe finds in the %s theme',
    async (theme: ThemeName) => {
      await open({ theme });
      const turns = [
        question('q1', 'Why?', { chips: [{ label: 'cart.ts', tokens: 12 }], branch: { index: 0, count: 2 } }),
        answer('a1', mixed, {
          thought: manyLines(5),
          thoughtTokens: 9,
          thoughtMs: 900,
          thoughtEnd: 'budget',
        }),
        question('q2', 'And now?'),
        answer('a2', 'Half', { status: { kind: 'failed', message: 'The engine stopped.' } }),
      ];
      const chips = [{ id: 'c', kind: 'problems' as const, label: '2 problems', tokens: 70, attached: true }];
      const actions = [{ id: 'go', label: 'Go on' }];
      const notices = [{ id: 'n', severity: 'warning' as const, message: 'The context is full.', actions }];
      await chat.send({ type: 'state', state: chatState({ title: 'Cart', turns, chips, notices }) });
      await chat.page.getByRole('button', { name: /^Thought for/ }).click();
      await chat.settled();
      expect(await violations()).toEqual([]);
    },
  );

  it('has no violation while it thinks, in the empty state and in the history', async () => {
    const { page } = await open();
    await chat.send({
      type: 'state',
      state: chatState({ history: [{ id: 'c', title: 'Old', updatedAt: 0 }] }),
    });
    expect(await violations()).toEqual([]);
    await chat.send({ type: 'model', model: embeddedModel });
    expect(await violations()).toEqual([]);
    await page.getByRole('button', { name: 'History' }).click();
    expect(await violations()).toEqual([]);
    await page.keyboard.press('Escape');
    await chat.send({ type: 'state', state: live('thinking') });
    await chat.send(delta('a1', { thought: manyLines(20), thoughtTokens: 80, thoughtMs: 1000 }));
    expect(await violations()).toEqual([]);
  });

  it('reaches every control with the keyboard', async () => {
    const { page } = await open();
    const chips = [{ id: 'c', kind: 'file' as const, label: 'cart.ts', tokens: 70, attached: true }];
    const turns = [ask, answer('a1', mixed, { thought: 'Hm.', thoughtTokens: 2, thoughtMs: 10 })];
    await chat.send({ type: 'state', state: chatState({ chips, turns, draft: 'text' }) });
    await page.evaluate('document.activeElement?.blur()');
    const reached: string[] = [];
    for (let index = 0; index < 40; index++) {
      await page.keyboard.press('Tab');
      const name: string = await page.evaluate(
        '(document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "").trim()',
      );
      reached.push(name);
    }
    for (const name of ['New chat', 'History', 'Export as Markdown', 'Edit question', 'Copy code', 'Insert at cursor',
      'Copy answer', 'Retry', 'cart.ts 70 tokens', 'Ask about your code', 'Reasoning mode', 'Context used', 'Send',
      'SmolLM2-135M-Instruct']) {
      expect(reached, name).toContain(name);
    } // prettier-ignore
    expect(reached.some((name) => name.startsWith('Thought for'))).toBe(true);
  });

  it('announces what happens in few lines, and no token', async () => {
    const { page } = await open();
    await page.evaluate(`
      window.__lines = [];
      const region = document.querySelector('[aria-live]');
      new MutationObserver(() => window.__lines.push(region.textContent)).observe(region, { childList: true, subtree: true, characterData: true });
    `);
    await chat.send({
      type: 'state',
      state: chatState({
        busy: 'a1',
        turns: [ask, answer('a1', '', { status: { kind: 'waiting', what: 'prompt' } })],
      }),
    });
    await chat.send({ type: 'status', answerId: 'a1', status: { kind: 'thinking' } });
    for (let index = 0; index < 50; index++) await chat.send(delta('a1', { thought: `token ${index} ` }));
    await chat.send({ type: 'status', answerId: 'a1', status: { kind: 'answering' }, thoughtEnd: 'model' });
    await chat.send(delta('a1', { answer: 'Yes.', answerTokens: 2 }));
    await chat.send({ type: 'status', answerId: 'a1', status: { kind: 'done', finish: 'stop' } });
    await chat.until('window.__lines.join(" ").includes("complete")');
    const lines: string[] = await page.evaluate('window.__lines');
    expect(lines.join(' ')).toBe('Thinking. Answering. Answer complete, 2 tokens.');
  });

  async function violations(): Promise<string[]> {
    // Into the page's own world but past its policy, as a developer tool would.
    await chat.page.evaluate(await readFile(axe, 'utf8'));
    return chat.page.evaluate(`
      axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ': ' + target + ' ' + failureSummary)))
    `);
  }
});

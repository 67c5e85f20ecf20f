import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { expect, it } from 'vitest';
import type { ChromeTrace } from '../../../src/extension/diagnostics/chromeTrace.ts';
import type { RecordsReport } from '../../../src/extension/recordsReport.ts';
import { unpackFloat32, unpackUint32 } from '../../../src/protocol/unpackRouting.ts';
import { format } from '../../../webview/diagnostics/format.ts';
import type { InsightWalk } from './insightWalk.ts';
import { shownFigures } from './shownFigures.ts';
import { shownTable } from './shownTable.ts';

/** Freezing, comparing and exporting what the diagnostics show. */
export function exportSteps(walk: () => InsightWalk): void {
  let page: Frame;

  it('stand still while they are frozen and an answer is written, and go on after', async () => {
    page = await walk().diagnostics();
    // The engine may still be computing the history of the last answer, and the page follows it.
    let before = await walk().records();
    await expect
      .poll(async () => {
        before = await walk().records();
        return (await countedTokens(page)) - routedTokens(before);
      })
      .toBe(0);
    const freeze = page.getByRole('button', { name: 'Freeze' });
    await freeze.click();
    await page.getByText(/^Frozen at \d/).waitFor();
    const frozen = await countedTokens(page);
    expect(frozen).toBe(routedTokens(before));
    await walk().panel.ask('write me a poem');
    await walk().panel.waitUntilIdle();
    await expect.poll(() => freeze.getAttribute('aria-pressed')).toBe('true');
    const after = await walk().records();
    expect(after.answers?.answers).toHaveLength((before.answers?.answers.length ?? NaN) + 1);
    expect(routedTokens(after)).toBeGreaterThan(frozen);
    expect(await countedTokens(page)).toBe(frozen);
    // Nothing is asked of the engine for it, either.
    const { diagnostics } = await walk().editor.report(walk().window);
    expect(diagnostics.watches).toBe(0);
    expect((await walk().editor.report(walk().window)).diagnostics.requests).toBe(diagnostics.requests);
    expect(await countedTokens(page)).toBe(frozen);
    await freeze.click();
    // The engine may still be computing the history of this answer.
    await expect.poll(async () => (await countedTokens(page)) - routedTokens(await walk().records())).toBe(0);
    await expect
      .poll(async () => (await shownFigures(page, 'Speed')).get('Decode')?.note)
      .toContain(format.tokens(after.answers?.answers.at(-1)?.decodedTokens ?? NaN));
  });

  it('compare two answers side by side', async () => {
    const { answers } = (await walk().records()).answers ?? { answers: [] };
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    await page.getByRole('combobox', { name: 'One answer' }).selectOption({ index: 0 });
    await page.getByRole('combobox', { name: 'Another answer' }).selectOption({ index: 1 });
    const rows = async (): Promise<ReadonlyMap<string | undefined, readonly string[]>> =>
      new Map((await shownTable(page, 'Figures of both answers')).map(([name, ...cells]) => [name, cells]));
    const [one, other] = answers;
    const both = (cell: (answer: (typeof answers)[number]) => string): string[] =>
      [one, other].map((answer) => (answer ? cell(answer) : 'missing'));
    await expect
      .poll(async () => (await rows()).get('Prompt'))
      .toEqual(both(({ promptTokens }) => format.tokens(promptTokens)));
    const shown = await rows();
    expect(shown.get('Written')).toEqual(both(({ decodedTokens }) => format.tokens(decodedTokens)));
    expect(shown.get('reused')).toEqual(both(({ reusedTokens }) => format.tokens(reusedTokens)));
    expect(shown.get('Decode')).toEqual(
      both(({ decodedTokens, decodeMs }) => format.perSecond(decodedTokens, decodeMs)),
    );
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
  });

  it('are exported as JSON, with every figure of the records', async () => {
    const told = await walk().records();
    const text = await exported(walk(), 'JSON', 'glassbox-diagnostics.json');
    // It is made to be sent to others: nothing in it says where something lies on this machine.
    expect(text).not.toContain(path.dirname(walk().editor.workspace));
    const json: unknown = JSON.parse(text);
    const { layers = [], experts = 0 } = told.experts ?? {};
    const rowsOf = (numbers: Uint32Array | Float32Array, columns: number): number[][] =>
      Array.from({ length: numbers.length / columns }, (_, row) => [
        ...numbers.subarray(row * columns, (row + 1) * columns),
      ]);
    const counts = rowsOf(unpackUint32(told.experts?.counts ?? ''), experts);
    expect(json).toMatchObject({
      format: 'glassbox-diagnostics',
      version: 1,
      status: 'ready',
      conversation: { id: told.conversationId },
      kv: told.kv,
      answers: told.answers?.answers,
      memory: { weightBytes: told.memory?.weightBytes, kvUsedBytes: told.memory?.kvUsedBytes },
      experts: {
        tokens: told.experts?.tokens,
        load: told.experts?.load,
        counts: {
          prompt: counts.slice(0, layers.length),
          thought: counts.slice(layers.length, 2 * layers.length),
          answer: counts.slice(2 * layers.length),
        },
        hitRates: { all: rowsOf(unpackFloat32(told.experts?.hitRates?.all ?? ''), experts + 1) },
      },
    });
  });

  it('are exported as a timeline that Chrome and Perfetto read', async () => {
    const answers = (await walk().records()).answers?.answers ?? [];
    const text = await exported(walk(), 'Chrome trace', 'glassbox-timeline.json');
    // What the format demands of each event, and what readers show of them.
    const { traceEvents } = JSON.parse(text) as ChromeTrace;
    for (const { ph, ts, pid, tid } of traceEvents) {
      expect(['X', 'i', 'C', 'M']).toContain(ph);
      expect([ts, pid, tid].every((number) => Number.isInteger(number) && number >= 0)).toBe(true);
    }
    const spans = (category: string) => traceEvents.filter(({ ph, cat }) => ph === 'X' && cat === category);
    const originMs = Math.min(...answers.map(({ startedAtMs }) => startedAtMs));
    expect(spans('answer').map(({ ts }) => ts)).toEqual(
      answers.map(({ startedAtMs }) => Math.round((startedAtMs - originMs) * 1000)),
    );
    for (const kind of ['prefill', 'decode'] as const) {
      expect(spans(kind).map(({ dur, args }) => [dur, args['tokens']])).toEqual(
        answers
          .flatMap(({ steps }) => steps)
          .filter((step) => step.kind === kind)
          .map(({ durationMs, tokens }) => [Math.round(durationMs * 1000), tokens]),
      );
    }
  });
}

/** Exports by the command and the editor's own dialog. @returns what was written */
async function exported(walk: InsightWalk, as: string, name: string): Promise<string> {
  const { window, editor } = walk;
  // A list that asks closes when the page that had the focus before the palette takes it back behind it; then one asks again.
  for (let attempt = 1; ; attempt++) {
    await window.runCommand('Glassbox: Export Diagnostics…');
    try {
      await walk.pick(as, { timeout: 5000 });
      break;
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
  const file = await window.acceptFile();
  expect(file).toBe(path.join(editor.workspace, name));
  let text = '';
  await expect
    .poll(async () => {
      text = await readFile(file, 'utf8').catch(() => '');
      return isWhole(text);
    })
    .toBe(true);
  return text;
}

/** A file that is being written is no JSON yet. */
function isWhole(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

/** The tokens that the experts panel counts. */
async function countedTokens(page: Frame): Promise<number> {
  const text = await page.getByText(/^[\d,]+ tokens, each to/).textContent();
  return Number(/^[\d,]+/.exec(text ?? '')?.[0].replaceAll(',', ''));
}

function routedTokens({ experts }: RecordsReport): number {
  return Object.values(experts?.tokens ?? {}).reduce((sum, tokens) => sum + tokens, 0);
}

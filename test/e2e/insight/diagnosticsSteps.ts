import { readFileSync } from 'node:fs';
import type { Frame } from 'playwright-core';
import { expect, it } from 'vitest';
import type { RecordsReport } from '../../../src/extension/recordsReport.ts';
import type { AnswerRecord, ExpertsResult, KvSnapshot, MemoryBudget } from '../../../src/protocol/records.ts';
import { unpackFloat32 } from '../../../src/protocol/unpackRouting.ts';
import { format } from '../../../webview/diagnostics/format.ts';
import { hoverCell, shownWords } from './cellWords.ts';
import type { InsightWalk } from './insightWalk.ts';
import { type PhaseFilter, RoutingTally } from './routingTally.ts';
import { shownFigures } from './shownFigures.ts';
import { shownTable } from './shownTable.ts';

/** Every panel of the diagnostics, after two answers: what the page says is what the engine has on record. */
export function diagnosticsSteps(walk: () => InsightWalk): void {
  let page: Frame;
  let told: RecordsReport;
  let kv: KvSnapshot;
  let experts: ExpertsResult;
  let memory: MemoryBudget;
  let answers: readonly AnswerRecord[];
  let latest: AnswerRecord;

  it('show two answers of the chat in a tab', async () => {
    await walk().openChat();
    await walk().ask('What does this print?', 'trace.js');
    await walk().ask('Use const and let instead of var.', 'var.js');
    page = await walk().diagnostics();
    // The history of the last answer is computed ahead in the background; then nothing changes any more.
    let before: RecordsReport | undefined;
    await expect
      .poll(
        async () => {
          told = await walk().records();
          const shown = await shownFigures(page, 'KV map');
          const isSettled = told.kv?.usedTokens === before?.kv?.usedTokens;
          before = told;
          const isShown = shown.get('In the cache')?.value === inCache(told);
          return isSettled && isShown && told.kv?.evictions.length === 2;
        },
        { interval: 500 },
      )
      .toBe(true);
    if (!told.kv || !told.experts || !told.memory || !told.answers) throw new Error('A record is missing.');
    ({ kv, experts, memory } = { kv: told.kv, experts: told.experts, memory: told.memory });
    answers = told.answers.answers;
    const [, last] = answers;
    if (!last) throw new Error('The engine knows only one answer.');
    latest = last;
  });

  it('give memory as the engine and the system know it', async () => {
    const shown = await shownFigures(page, 'Memory');
    const left = memory.capacityTokens - memory.usedTokens;
    expect(memory.capacityTokens).toBe(kv.capacityTokens);
    expect(memory.usedTokens).toBe(kv.usedTokens);
    expect(shown.get('Still fit')?.value).toBe(format.tokens(left));
    expect(shown.get('Next 1,000 tokens')?.value).toBe(
      format.bytes(Math.min(1000, left) * memory.bytesPerToken),
    );
    // It was read at another moment than this: it is between nothing and the most that the process ever took.
    const { enginePid } = await walk().editor.report(walk().window);
    const most = peakResidentBytes(enginePid ?? 0);
    const resident = bytesOf(shown.get('Engine process')?.value ?? '');
    expect(resident).toBeGreaterThan(memory.kvUsedBytes);
    // As shown, with three digits.
    expect(resident).toBeLessThanOrEqual(most * 1.005);

    await page.getByRole('button', { name: 'Memory of the engine as a table' }).click();
    const rows = new Map(
      (await shownTable(page, 'Memory of the engine')).map(([name, bytes]) => [name, bytes]),
    );
    // Both are measured once a prompt was read.
    expect(rows.get('Weights, tokenizer, libraries')).toBe(format.bytes(memory.measuredLoadBytes ?? NaN));
    expect(rows.get('Activations')).toBe(format.bytes(memory.measuredActivations?.bytes ?? NaN));
    expect(rows.get('KV cache in use')).toBe(format.bytes(memory.kvUsedBytes));
    expect(rows.get('KV cache set aside')).toBe(format.bytes(memory.kvBytes - memory.kvUsedBytes));
    expect(rows.get('KV caches of other chats')).toBe(format.bytes(0));
  });

  it('give the bytes of the KV cache, in all and by layer, beside those of a plain cache', async () => {
    const shown = await shownFigures(page, 'KV map');
    expect(shown.get('In the cache')?.value).toBe(inCache(told));
    expect(shown.get('As stored')?.value).toBe(format.bytes(kv.usedTokens * kv.bytesPerToken));
    expect(shown.get('As a plain cache')?.value).toBe(format.bytes(kv.usedTokens * kv.plainBytesPerToken));
    expect(shown.get('As a plain cache')?.note).toContain(
      `${format.number(kv.plainBytesPerToken / kv.bytesPerToken)} times as much`,
    );
    expect(shown.get('Shared with the last question')?.value).toBe(format.tokens(latest.reusedTokens));
    await page.locator('summary', { hasText: 'Bytes by layer' }).click();
    const rows = await shownTable(page, 'Bytes by layer');
    expect(rows).toEqual(
      kv.layers.map(({ parts, dataType, usedBytes, plainBytes }, layer) => [
        String(layer),
        parts.map(({ kind, bytesPerToken }) => `${kind} ${format.bytes(bytesPerToken)}`).join(', '),
        dataType,
        format.bytes(usedBytes),
        format.bytes(plainBytes),
      ]),
    );
    expect(kv.layers.reduce((sum, { usedBytes }) => sum + usedBytes, 0)).toBe(kv.usedBytes);
  });

  it('name the token under the cursor of the map, and read what is selected', async () => {
    const map = page.getByRole('application', { name: /^KV map/ });
    const texts = told.text?.texts ?? [];
    expect(texts).toHaveLength(kv.usedTokens);
    await map.focus();
    const from = texts.findIndex((text, position) => position > 2 && isPlain(text));
    for (let step = 0; step < from; step++) await map.press('ArrowRight');
    const words = page.locator('.kv-map .words');
    await expect.poll(() => words.textContent()).toContain(`layer 0, position ${from} “${texts[from]}”`);
    for (let step = 0; step < 4; step++) await map.press('Shift+ArrowRight');
    await map.press('Enter');
    await page.getByRole('heading', { name: `Text of positions ${from}–${from + 4}` }).waitFor();
    await expect
      .poll(() => page.locator('.reading pre').textContent())
      .toBe(texts.slice(from, from + 5).join(''));
    // A span of the record is a segment of the map: its first and last position are of its kind.
    const span = kv.spans.findLast((each) => each.phase === 'answer');
    if (!span) throw new Error('The cache holds no answer.');
    const { phase, firstPosition, tokens } = span;
    for (const position of [firstPosition, firstPosition + tokens - 1]) {
      await map.press('Home');
      for (let pages = 0; pages < Math.floor(position / 32); pages++) await map.press('PageDown');
      for (let steps = 0; steps < position % 32; steps++) await map.press('ArrowRight');
      await expect
        .poll(() => words.textContent())
        .toMatch(new RegExp(`^layer 0, position ${position}\\b.* · ${phase} · `));
    }
  });

  it('list what was evicted with its reason, and read thoughts that are gone', async () => {
    const rows = await shownTable(page, 'What was evicted');
    expect(rows.map(([time, reason, positions]) => [time, reason, positions])).toEqual(
      kv.evictions
        .map(({ atMs, firstPosition, tokens }) => [
          format.time(atMs),
          'thought dropped: the answer is complete',
          `${firstPosition}–${firstPosition + tokens - 1}`,
        ])
        .toReversed(),
    );
    const reads = page.getByRole('button', { name: /^Read/ });
    for (const [index, text] of told.evictedTexts.toReversed().entries()) {
      await reads.nth(index).click();
      const whole = text?.texts.join('') ?? '';
      await expect.poll(() => page.locator('.reading pre').first().textContent()).toBe(whole);
      // The same thought as in the chat.
      const thought = await walk().panel.thoughtText(walk().panel.answers.nth(answers.length - 1 - index));
      expect(whole.replaceAll(/\s/g, '')).toContain(thought.replaceAll(/\s/g, ''));
    }
  });

  it('tell what of each prompt was reused', async () => {
    await page.getByRole('button', { name: 'Prompts of the last answers as a table' }).click();
    const rows = await shownTable(page, 'Prompts of the last answers');
    expect(rows.map((row) => row.slice(1, 4))).toEqual(
      answers.map(({ promptTokens, reusedTokens }) =>
        [promptTokens, reusedTokens, promptTokens - reusedTokens].map(format.count),
      ),
    );
    expect(rows.map(([name]) => name)).toEqual([
      '#1 What does this print?',
      '#2 Use const and let instead of var.',
    ]);
    expect(latest.reusedTokens).toBeGreaterThan(0);
    // As the chat says it below the answer.
    await expect.poll(() => walk().panel.cost()).toContain(`prompt ${latest.promptTokens} tokens`);
    await page.getByText('Nothing was cached before.').waitFor();
  });

  it('spread the tokens over the experts as each of them was routed, whatever the phase', async () => {
    if (!told.routing) throw new Error('No routing was recorded.');
    const tally = new RoutingTally(told.routing);
    await page.locator('summary', { hasText: 'Load by layer' }).click();
    for (const phase of ['prompt', 'thought', 'answer', 'all'] as const) {
      await page.getByRole('combobox', { name: 'Tokens of' }).selectOption(phase);
      await page
        .getByText(
          `${format.tokens(tally.tokens(phase))}, each to ${experts.topK} of ${experts.experts} experts`,
        )
        .waitFor();
      await expect
        .poll(async () => (await shownTable(page, 'Load by layer')).map((row) => row.slice(0, 7)))
        .toEqual(experts.layers.map((layer, index) => [`Layer ${layer}`, ...loadCells(tally, index, phase)]));
    }
    const map = page.getByRole('application', { name: /^Experts by layer/ });
    const shape = { rows: experts.layers.length, columns: experts.experts };
    for (const [row, column] of [
      [0, 0],
      [2, 7],
      [shape.rows - 1, shape.columns - 1],
    ] as const) {
      await hoverCell(map, shape, { row, column });
      const by = (phase: PhaseFilter): number => tally.counts(row, phase)[column] ?? NaN;
      const words = await shownWords(map);
      expect(words).toContain(`layer ${experts.layers[row]}, expert ${column} · chosen ${by('all')} times`);
      expect(words).toContain(`prompt ${by('prompt')} · thought ${by('thought')} · answer ${by('answer')}`);
    }
  });

  it('list the tokens that went to the expert that was clicked', async () => {
    if (!told.routing) throw new Error('No routing was recorded.');
    const tally = new RoutingTally(told.routing);
    const row = 1;
    const counts = tally.counts(row, 'all');
    // Some that went there, and few enough to be listed all.
    const column = counts.findIndex((count) => count > 3 && count <= 50);
    const map = page.getByRole('application', { name: /^Experts by layer/ });
    const shape = { rows: experts.layers.length, columns: experts.experts };
    await hoverCell(map, shape, { row, column }, { click: true });
    const list = page.getByRole('list', {
      name: `Tokens that went to layer ${experts.layers[row]}, expert ${column}`,
    });
    await list.waitFor();
    const choices = tally.choicesOf(row, column, 'all');
    await expect
      .poll(() => list.locator('small').allTextContents())
      .toEqual(
        choices.map(
          ({ position, phase, evicted, choice, weight }) =>
            `position ${format.count(position)}, ${phase}${evicted ? ', evicted' : ''}, choice ${choice}, weight ${format.number(weight)}`,
        ),
      );
    const texts = await list.locator('mark').allTextContents();
    choices.forEach(({ position, evicted }, index) => {
      const text = told.text?.texts[position];
      if (!evicted && isPlain(text)) expect(texts[index]).toBe(text);
    });
  });

  it('count which experts of two layers the same tokens chose', async () => {
    if (!told.routing) throw new Error('No routing was recorded.');
    const tally = new RoutingTally(told.routing);
    await page.locator('summary', { hasText: 'Co-activation of two layers' }).click();
    await page.getByRole('combobox', { name: 'Rows' }).selectOption({ index: 1 });
    await page.getByRole('combobox', { name: 'Columns' }).selectOption({ index: 3 });
    const map = page.getByRole('application', { name: /^Co-activation/ });
    const shape = { rows: experts.experts, columns: experts.experts };
    for (const [row, column] of [
      [0, 0],
      [3, 11],
      [15, 15],
    ] as const) {
      const together = tally.together({ layer: 1, expert: row }, { layer: 3, expert: column });
      await expect
        .poll(async () => {
          await hoverCell(map, shape, { row, column });
          return shownWords(map);
        })
        .toBe(
          `layer ${experts.layers[1]}, expert ${row} and layer ${experts.layers[3]}, expert ${column}: ` +
            `${format.tokens(together)} chose both`,
        );
    }
    await page.locator('summary', { hasText: 'Co-activation of two layers' }).click();
  });

  it('draw the hit rates of a cache of experts that the engine measured', async () => {
    const rates = unpackFloat32(experts.hitRates?.all ?? '');
    const perLayer = experts.experts + 1;
    expect(rates).toHaveLength(experts.layers.length * perLayer);
    await page.getByRole('button', { name: 'Hit rate of a cache of experts as a table' }).click();
    const curve = async (): Promise<readonly (string | undefined)[]> =>
      (await shownTable(page, 'Hit rate of a cache of experts')).map(([, rate]) => rate);
    const mean = (kept: number): number =>
      experts.layers.reduce((sum, _, layer) => sum + (rates[layer * perLayer + kept] ?? NaN), 0) /
      experts.layers.length;
    await expect
      .poll(curve)
      .toEqual(Array.from({ length: perLayer }, (_, kept) => format.percent(mean(kept))));
    await page.getByRole('combobox', { name: 'Curve of' }).selectOption({ index: 2 });
    await expect
      .poll(curve)
      .toEqual([...rates.subarray(perLayer, 2 * perLayer)].map((rate) => format.percent(rate)));
    await page.getByRole('combobox', { name: 'Curve of' }).selectOption({ index: 0 });
  });

  it('split the time of the last answer as it was measured, with what recording cost', async () => {
    const { promptTokens, reusedTokens, prefillMs, decodedTokens, decodeMs, recordingMs } = latest;
    const shown = await shownFigures(page, 'Speed');
    expect(shown.get('Prefill')?.value).toBe(format.perSecond(promptTokens - reusedTokens, prefillMs));
    expect(shown.get('Decode')?.value).toBe(format.perSecond(decodedTokens, decodeMs));
    expect(shown.get('First token after')?.value).toBe(format.ms(latest.timeToFirstTokenMs ?? NaN));
    expect(shown.get('Cost of recording')?.value).toBe(format.ms(recordingMs));
    expect(shown.get('Cost of recording')?.note).toContain(
      format.percent(recordingMs / (prefillMs + decodeMs)),
    );
    await page.getByRole('button', { name: 'Tokens/s over time as a table' }).click();
    expect((await shownTable(page, 'Tokens/s over time')).map((row) => row.slice(0, 4))).toEqual(
      latest.steps.map(({ kind, startMs, durationMs, tokens }) => [
        format.ms(startMs),
        kind === 'prefill' ? 'Prefill' : 'Decode',
        format.count(tokens),
        format.ms(durationMs),
      ]),
    );
    await page.getByRole('button', { name: 'Time of a token in decode as a table' }).click();
    const parts = new Map(
      (await shownTable(page, 'Time of a token in decode')).map(([name, ms]) => [name, ms]),
    );
    expect(parts.get('backend')).toBe(format.ms(latest.backendMs / decodedTokens));
    expect(parts.get('sampling')).toBe(format.ms(latest.samplingMs / decodedTokens));
    await page
      .getByText(
        /^Backend: ONNX Runtime [\d.]+ on the CPU, .* threads?( and one more for prompts and guesses)?\. ./,
      )
      .waitFor();
    // Another answer, chosen from the list.
    await page.getByRole('combobox', { name: 'Answer', exact: true }).selectOption({ index: 1 });
    const [first] = answers;
    await expect
      .poll(async () => (await shownFigures(page, 'Speed')).get('Decode')?.value)
      .toBe(format.perSecond(first?.decodedTokens ?? NaN, first?.decodeMs ?? NaN));
    await page.getByRole('combobox', { name: 'Answer', exact: true }).selectOption({ index: 0 });
  });
}

function inCache({ kv }: RecordsReport): string {
  return `${format.count(kv?.usedTokens ?? NaN)} / ${format.tokens(kv?.capacityTokens ?? NaN)}`;
}

/** How even a layer's load is, by the definitions in docs/records.md. */
function loadCells(tally: RoutingTally, layer: number, phase: PhaseFilter): readonly string[] {
  const counts = tally.counts(layer, phase);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const mean = total / counts.length;
  const deviation = Math.sqrt(counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length);
  const shares = counts.filter((count) => count > 0).map((count) => count / total);
  const bits = shares.reduce((sum, share) => sum - share * Math.log2(share), 0);
  const named = (isMeant: (count: number) => boolean): string => {
    const found = [...counts.keys()].filter((expert) => isMeant(counts[expert] ?? NaN));
    if (found.length === 0) return 'none';
    return `${found.length}: ${found.slice(0, 8).join(', ')}${found.length > 8 ? ', …' : ''}`;
  };
  return [
    format.number(deviation / mean),
    `${format.number(bits)} (${format.percent(bits / Math.log2(counts.length))})`,
    format.number(Math.max(...counts) / mean),
    String(counts.indexOf(Math.max(...counts))),
    named((count) => count > 2 * mean),
    named((count) => count === 0),
  ];
}

/** Whether the page writes a token as it is: without signs for white space. */
function isPlain(text = ''): boolean {
  return /^[!-~]+$/.test(text);
}

/** The number that a text like `1.5 MiB` stands for. */
function bytesOf(text: string): number {
  const [amount, unit] = text.split(' ');
  return Number(amount?.replaceAll(',', '')) * 1024 ** ['bytes', 'KiB', 'MiB', 'GiB'].indexOf(unit ?? '');
}

function peakResidentBytes(processId: number): number {
  const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${processId}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

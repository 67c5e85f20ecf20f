import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Frame } from 'playwright-core';

interface AxeViolation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

let source: Promise<string> | undefined;

/** What axe finds wrong in a page, one text for each fault. */
export async function axeViolations(frame: Frame): Promise<readonly string[]> {
  source ??= readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await frame.evaluate(await source);
  const violations = await frame.evaluate<AxeViolation[]>('axe.run().then(({ violations }) => violations)');
  return violations.map(({ id, help, nodes }) =>
    [`${id}: ${help}`, ...nodes.map(({ html, failureSummary = '' }) => `${html}\n${failureSummary}`)].join(
      '\n',
    ),
  );
}

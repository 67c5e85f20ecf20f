import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type EditTarget } from '../../../src/refactor/editTarget.ts';
import { answerParts, type CodeBlock } from '../../../src/reasoning/answers/codeBlocks.ts';
import { TASKS, type Task } from '../sample.ts';

/** Languages of the cases, by the file that holds them and their fence tag. */
export const CASE_LANGUAGES = {
  javascript: { title: 'JavaScript', tag: 'js', extension: 'js' },
  typescript: { title: 'TypeScript', tag: 'ts', extension: 'ts' },
  python: { title: 'Python', tag: 'python', extension: 'py' },
  go: { title: 'Go', tag: 'go', extension: 'go' },
  java: { title: 'Java', tag: 'java', extension: 'java' },
  rust: { title: 'Rust', tag: 'rust', extension: 'rs' },
  c: { title: 'C', tag: 'c', extension: 'c' },
} as const;
export type CaseLanguage = keyof typeof CASE_LANGUAGES;

/** One case of the suite: code, what is asked, a solution, and how to tell that behaviour was kept. docs/refactor.md has the form. */
export interface RefactorCase {
  readonly id: string;
  readonly language: CaseLanguage;
  /** Of the embedded model's tasks, the one that it is. */
  readonly nanoTask?: Task;
  readonly instruction: string;
  readonly target: EditTarget;
  /** Of the selection; they count from 1, both included. */
  readonly lines: { readonly first: number; readonly last: number };
  /** What a model might write into its code block. */
  readonly solution: string;
  /** A program behind the code that prints what the code does. Absent: the case is checked by syntax only. */
  readonly test?: string;
  /** What is printed by code that does what it should, where the code of the case does not. Absent: the case's own code is right. */
  readonly fixedOutput?: string;
  /** What the new text of the selection must hold, and must not, so that the instruction was followed. */
  readonly has: readonly RegExp[];
  readonly lacks: readonly RegExp[];
}

/**
 * All cases of a folder with a Markdown file for each language.
 * @throws Error that says which file and case is wrong
 */
export async function readCases(folder: string): Promise<readonly RefactorCase[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md'));
  const cases = await Promise.all(
    languagesOf(names).map(async ([language, name]) =>
      parseCases(await readFile(path.join(folder, name), 'utf8'), language),
    ),
  );
  const all = cases.flat();
  const seen = new Set<string>();
  for (const { id } of all) {
    if (seen.has(id)) throw new Error(`Two cases are called ${id}.`);
    seen.add(id);
  }
  return all;
}

function languagesOf(names: readonly string[]): readonly (readonly [CaseLanguage, string])[] {
  // The keys of a constant object are just those of its type.
  const languages = Object.keys(CASE_LANGUAGES) as CaseLanguage[];
  return languages
    .filter((language) => names.includes(`${language}.md`))
    .map((language) => [language, `${language}.md`]);
}

export function parseCases(markdown: string, language: CaseLanguage): readonly RefactorCase[] {
  return markdown
    .split(/^## /mu)
    .slice(1)
    .map((section) => parseCase(section, language));
}

function parseCase(section: string, language: CaseLanguage): RefactorCase {
  const [id = ''] = section.split('\n', 1).map((line) => line.trim());
  const fail = (problem: string): never => {
    throw new Error(`${language}.md, case ${id}: ${problem}`);
  };
  const { blocks, around } = answerParts(section);
  const settings = settingsOf(around.flat(), fail);
  const { tag } = CASE_LANGUAGES[language];
  const block = (role: string): CodeBlock | undefined => {
    const [found, another] = blocks.filter(
      (each) => each.tag === (role === 'output' ? 'text output' : `${tag} ${role}`.trim()),
    );
    return another ? fail(`there are several blocks "${tag} ${role}"`) : found;
  };
  const text = (role: string): string | undefined => {
    const found = block(role);
    return found && `${found.lines.join('\n')}\n`;
  };
  const document = text('') ?? fail(`there is no block "${tag}" with its code`);
  const solution = block('answer')?.lines.join('\n') ?? fail(`there is no block "${tag} answer"`);
  const [instruction] = settings.get('ask') ?? [];
  if (instruction === undefined) return fail('it asks nothing');
  const [nano] = settings.get('nano') ?? [];
  const nanoTask = TASKS.find((task) => task === nano);
  if (nano !== undefined && nanoTask === undefined) return fail(`there is no task ${nano}`);
  const [test, fixedOutput] = [text('test'), text('output')];
  if ((settings.get('fixes')?.[0] === 'yes') !== (fixedOutput !== undefined)) {
    return fail('one that fixes something has a block "text output", and only such a one');
  }
  const lines = linesOf(settings.get('lines')?.[0], document, fail);
  return {
    id,
    language,
    instruction,
    target: { languageId: language, document, ...rangeOf(document, lines) },
    lines,
    solution,
    has: (settings.get('has') ?? []).map((source) => new RegExp(source, 'u')),
    lacks: (settings.get('lacks') ?? []).map((source) => new RegExp(source, 'u')),
    ...(nanoTask === undefined ? {} : { nanoTask }),
    ...(test === undefined ? {} : { test }),
    ...(fixedOutput === undefined ? {} : { fixedOutput }),
  };
}

const SETTINGS: readonly string[] = ['ask', 'nano', 'lines', 'has', 'lacks', 'fixes'];

function settingsOf(
  around: readonly string[],
  fail: (problem: string) => never,
): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, string[]>();
  for (const line of around.slice(1)) {
    if (line.trim() === '') continue;
    const [, name = '', value = ''] = /^- (\w+): (.*)$/u.exec(line) ?? [];
    if (!SETTINGS.includes(name)) return fail(`what is "${line}"?`);
    settings.set(name, [...(settings.get(name) ?? []), value]);
  }
  return settings;
}

function linesOf(
  setting: string | undefined,
  document: string,
  fail: (problem: string) => never,
): RefactorCase['lines'] {
  const last = document.split('\n').length - 1;
  if (setting === undefined) return { first: 1, last };
  const [, from, to] = /^(\d+)-(\d+)$/u.exec(setting) ?? [];
  const lines = { first: Number(from), last: Number(to) };
  const fits = lines.first >= 1 && lines.first <= lines.last && lines.last <= last;
  return fits ? lines : fail(`there are no lines ${setting}`);
}

/** Whole lines, the last with its break. */
function rangeOf(
  document: string,
  { first, last }: RefactorCase['lines'],
): { readonly start: number; readonly end: number } {
  const lines = document.split('\n');
  const lengthTo = (count: number): number =>
    lines.slice(0, count).reduce((sum, line) => sum + line.length + 1, 0);
  return { start: lengthTo(first - 1), end: Math.min(document.length, lengthTo(last)) };
}

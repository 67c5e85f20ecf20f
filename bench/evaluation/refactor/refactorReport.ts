import { REJECTION_REASONS } from '../../../src/refactor/rejection.ts';
import { markdownTable } from '../markdownTable.ts';
import { origin } from '../report.ts';
import { CASE_LANGUAGES } from './refactorCase.ts';
import type { CaseResult, RefactorResults } from './refactorResults.ts';

/** What became of every case as Markdown: by language, the embedded model's own tasks apart, then why answers were rejected. */
export function refactorReport(results: RefactorResults): string {
  const all = results.results;
  const trained = all.filter(({ nanoTask }) => nanoTask !== undefined);
  const rest = all.filter(({ nanoTask }) => nanoTask === undefined);
  const byLanguage = [...new Set(all.map(({ language }) => language))].map((language) =>
    row(
      CASE_LANGUAGES[language].title,
      all.filter((each) => each.language === language),
    ),
  );
  return [
    `### ${all.length} ${all.length === 1 ? 'case' : 'cases'}`,
    '',
    ...origin(results),
    '',
    ...markdownTable([
      ['cases', 'asked', 'accepted', 'rejected', 'could run', 'behaviour kept', 'kept and as asked'],
      ...(trained.length === 0 ? [] : [row("glassbox-nano's tasks", trained)]),
      ...(rest.length === 0 || trained.length === 0 ? [] : [row('all others', rest)]),
      ...byLanguage,
      row('all', all),
    ]),
    ...rejections(all),
  ].join('\n');
}

function row(name: string, results: readonly CaseResult[]): string[] {
  const accepted = results.flatMap(({ verdict }) => (verdict.outcome === 'accepted' ? [verdict] : []));
  const ran = accepted.filter(({ behaviour }) => behaviour.kind !== 'notRun');
  const kept = ran.filter(({ behaviour }) => behaviour.kind === 'kept');
  return [
    name,
    results.length,
    accepted.length,
    results.length - accepted.length,
    ran.length,
    kept.length,
    kept.filter(({ followed }) => followed).length,
  ].map(String);
}

/** How often each check rejected an answer, most frequent first. */
function rejections(results: readonly CaseResult[]): string[] {
  const counts = REJECTION_REASONS.map((reason) => ({
    reason,
    count: results.filter(({ verdict }) => verdict.outcome === reason).length,
  })).filter(({ count }) => count > 0);
  if (counts.length === 0) return ['', 'No answer was rejected.'];
  const sorted = counts.toSorted((a, b) => b.count - a.count);
  return [
    '',
    ...markdownTable([
      ['rejected by check', 'answers'],
      ...sorted.map(({ reason, count }) => [`\`${reason}\``, String(count)]),
    ]),
  ];
}

/** The cases that went wrong, for people to read. */
export function describeRefactorFailures(results: readonly CaseResult[], count: number): string {
  return results
    .filter(
      ({ verdict }) =>
        !(verdict.outcome === 'accepted' && verdict.followed && verdict.behaviour.kind !== 'changed'),
    )
    .slice(0, count)
    .map(({ id, verdict, thought, answer }) =>
      [
        `==== ${id}: ${verdictText(verdict)}`,
        ...(thought === '' ? [] : [`-- thought\n${thought}`]),
        `-- answer\n${answer}`,
      ].join('\n'),
    )
    .join('\n');
}

function verdictText(verdict: CaseResult['verdict']): string {
  if (verdict.outcome !== 'accepted')
    return `rejected, ${verdict.outcome}${verdict.detail === '' ? '' : ` (${verdict.detail})`}`;
  const { behaviour, followed } = verdict;
  const did =
    behaviour.kind === 'kept'
      ? 'behaviour kept'
      : behaviour.kind === 'changed'
        ? `behaviour changed: ${behaviour.got.trim()}`
        : `not run: ${behaviour.why}`;
  return `accepted, ${followed ? 'as asked' : 'not as asked'}, ${did}`;
}

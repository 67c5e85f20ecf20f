import type { RefactorRequest } from '../../../src/refactor/refactorRequest.ts';
import { CASE_LANGUAGES, type RefactorCase } from './refactorCase.ts';

/** What the editor would know of a case. */
export function caseRequest({ target, language, lines, instruction }: RefactorCase): RefactorRequest {
  const { document, start, end } = target;
  const whole = start === 0 && end === document.length;
  return {
    languageId: language,
    path: `app.${CASE_LANGUAGES[language].extension}`,
    selection: document.slice(start, end),
    ...(whole ? {} : { lines }),
    before: document.slice(0, start),
    after: document.slice(end),
    imports: '',
    definitions: [],
    problems: [],
    instruction,
    answer: 'edit',
  };
}

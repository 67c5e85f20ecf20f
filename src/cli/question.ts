/** The question with what was piped in: code below the question, or the piped text alone as the question. */
export function composeQuestion(question: string, piped: string): string {
  const text = piped.replace(/^\uFEFF/, '').replace(/\s+$/, '');
  if (text.trim() === '') return question;
  if (question.trim() === '') return text;
  // Longer than any fence inside, so that piped Markdown cannot close it (CommonMark 0.31, section 4.5).
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${question}\n\n${fence}\n${text}\n${fence}`;
}

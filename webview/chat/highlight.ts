import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import dockerfile from 'highlight.js/lib/languages/dockerfile';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import kotlin from 'highlight.js/lib/languages/kotlin';
import lua from 'highlight.js/lib/languages/lua';
import makefile from 'highlight.js/lib/languages/makefile';
import markdown from 'highlight.js/lib/languages/markdown';
import php from 'highlight.js/lib/languages/php';
import powershell from 'highlight.js/lib/languages/powershell';
import python from 'highlight.js/lib/languages/python';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import scss from 'highlight.js/lib/languages/scss';
import sql from 'highlight.js/lib/languages/sql';
import swift from 'highlight.js/lib/languages/swift';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

const languages = {
  bash, c, cpp, csharp, css, diff, dockerfile, go, ini, java, javascript, json, kotlin, lua, makefile, markdown, php,
  powershell, python, ruby, rust, scss, sql, swift, typescript, xml, yaml,
}; // prettier-ignore
for (const [name, definition] of Object.entries(languages)) hljs.registerLanguage(name, definition);

/** Beyond these, colour is not worth a dropped frame (the grammars are regular expressions, some of them slow). */
const longestCode = 40_000;
const longestLine = 2_000;

/**
 * Code as HTML text with `hljs-*` classes, or nothing when the language is unknown or the code too large.
 * The code itself is escaped; the result still goes through `sanitize`.
 */
export function highlight(code: string, language: string): string | undefined {
  if (lastResult?.code === code && lastResult.language === language) return lastResult.html;
  const html = colour(code, language);
  lastResult = { code, language, html };
  return html;
}

/** A list that grows under a code block is rendered again for each frame, with the same code in it. */
let lastResult:
  { readonly code: string; readonly language: string; readonly html: string | undefined } | undefined;

function colour(code: string, language: string): string | undefined {
  const name = language.toLowerCase();
  if (code.length > longestCode || !hljs.getLanguage(name)) return undefined;
  if (code.split('\n').some((line) => line.length > longestLine)) return undefined;
  return hljs.highlight(code, { language: name, ignoreIllegals: true }).value;
}

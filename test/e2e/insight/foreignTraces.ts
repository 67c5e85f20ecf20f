import { drained } from '../../../src/reasoning/trace/drained.ts';
import { readSections } from '../../../src/reasoning/trace/readSections.ts';
import { SectionWriter } from '../../../src/reasoning/trace/sectionWriter.ts';
import { SECTION_KINDS, TRACE_MAGIC, TRACE_VERSION } from '../../../src/reasoning/trace/traceFormat.ts';
import { writeTrace } from '../../../src/reasoning/trace/writeTrace.ts';
import { recordedTrace } from '../../support/recordedTrace.ts';

/** What would run if a page took a text for HTML or a script, in every form that pages have fallen for. */
const hostileText =
  '<img src=x onerror="globalThis.ranForeignScript=1"><script>globalThis.ranForeignScript=1</script>' +
  '</script><svg onload="globalThis.ranForeignScript=1">" onfocus="globalThis.ranForeignScript=1" autofocus="';

/** A trace as a colleague would send it. */
export const colleaguesTrace = recordedTrace({ id: 'colleagues-answer' });

export interface ForeignTrace {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What the page says of it. */
  readonly says: RegExp;
  /** Whether tokens are shown all the same. */
  readonly hasTokens: boolean;
}

/** Files that are damaged or were made to do harm. */
export function foreignTraces(): readonly ForeignTrace[] {
  const whole = writeTrace(colleaguesTrace);
  const hostile = recordedTrace({ answer: hostileText, thought: `So ${hostileText}` });
  const newer = whole.slice();
  new DataView(newer.buffer).setUint32(TRACE_MAGIC.length, TRACE_VERSION + 1, true);
  const endless = new Uint8Array(whole.length + 12);
  endless.set(whole);
  endless.set(new TextEncoder().encode('TOKS'), whole.length);
  new DataView(endless.buffer).setUint32(whole.length + 4, 0xffff_ffff, true);
  return [
    {
      name: 'truncated.gbtrace',
      bytes: whole.subarray(0, whole.length - 40),
      says: /This file is not whole[^]*Only the routing of the first 0 of \d+ tokens is there/,
      hasTokens: true,
    },
    {
      name: 'newer.gbtrace',
      bytes: newer,
      says: /version 2, and this Glassbox reads version 1/,
      hasTokens: false,
    },
    { name: 'empty.gbtrace', bytes: new Uint8Array(), says: /is no Glassbox trace/, hasTokens: false },
    {
      name: 'giant counts.gbtrace',
      bytes: withHead(whole, (head) => ({
        ...head,
        tokens: { count: 0xffff_ffff },
        routing: { count: 0xffff_ffff, layers: [1, 2, 3], experts: 0xffff, topK: 0xffff },
      })),
      says: /Only the first \d+ of 4294967295 tokens are there/,
      hasTokens: false,
    },
    {
      name: 'endless section.gbtrace',
      bytes: endless,
      says: /ends amid a section: 12 bytes/,
      hasTokens: true,
    },
    {
      name: 'script.gbtrace',
      bytes: withHead(writeTrace(hostile), (head) => ({
        ...head,
        about: { ...colleaguesTrace.about, question: hostileText, backend: hostileText },
      })),
      says: /The answer differs|The answer says|No conclusion/,
      hasTokens: true,
    },
  ];
}

/** The file with another head, its checksum right. */
function withHead(
  file: Uint8Array,
  change: (head: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): Uint8Array {
  const written = new SectionWriter();
  for (const { kind, payload } of drained(readSections(file)).sections) {
    const known = SECTION_KINDS.find((each) => each === kind);
    if (known === undefined) throw new Error(`${kind} is no section of a trace.`);
    const bytes =
      known === 'HEAD'
        ? new TextEncoder().encode(
            // The head is a JSON object: writeTrace has just written it.
            JSON.stringify(change(JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>)),
          )
        : payload;
    written.add(known, bytes.length, (target) => target.set(bytes));
  }
  return written.bytes();
}

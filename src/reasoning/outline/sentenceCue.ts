import type { StepKind } from './outline.ts';

/** What the beginning of a sentence says about what it does. */
export interface SentenceCue {
  readonly kind: StepKind;
  /**
   * `turn` begins a step wherever it stands, `change` where the step before is of another kind, `weak` only at the
   * beginning of a line.
   */
  readonly strength: 'turn' | 'change' | 'weak';
}

interface CueRule extends SentenceCue {
  readonly pattern: RegExp;
  /** Of the sentence as it stands, rather than behind the words that only fill. */
  readonly whole?: boolean;
  /** Only before anything else is done. */
  readonly opening?: boolean;
}

/** Said before what matters; a sentence may begin with several. */
const FILLER =
  /^(?:(?:okay|ok|alright|all right|so|now|well|oh|ah|and|but|then|however|also)(?:,|\.{2,}|\u2026|!|\.|:)?\s+|(?:let'?s see|let me see|right|yes|yeah|good|great|hm+|um+|uh+|nice)(?:,|\.{2,}|\u2026|!|\.)(?:\s+|$)|(?:好的?|嗯+|那么?|哦|啊)[，,。！ ]\s*)/iu;
const MAX_FILLERS = 4;
/** What a sentence does shows in its first words. */
const HEAD_CHARACTERS = 160;

const WE = "(?:i|we|i'?ll|we'?ll|i'?d|let'?s|let us|let me)";
const MODAL_WORD =
  '(?:now|just|quickly|also|first|then|really|still|should|could|can|will|must|would|might|may|want to|need to|have to|better|try to|like to|go and)';
const MODAL = `(?: ${MODAL_WORD})*`;
/** Said of what comes: "let me", "I should", but not "I" alone. */
const INTENT = `(?:(?:i'?ll|we'?ll|i'?d|let'?s|let us|let me)${MODAL}|(?:i|we)(?: ${MODAL_WORD})+|my plan|the plan)`;
const CHECKS =
  '(?:double[- ]?check|check|verify|re-?verify|test (?:it|this|that|with|the|both)|confirm|make sure|validate|re-?check|re-?calculate|recompute|recount|cross[- ]?check|sanity[- ]?check|ensure|plug (?:it|this|that|them|the|these|back|in)|see (?:if|whether) (?:that|this|it|they))';
const TRIES =
  '(?:try|consider|compute|calculate|work out|work through|write|expand|simulate|trace|run|substitute|count|list|apply|solve|simplify|denote|define|call|set|go through|walk through|go line|look at|draw|rewrite|factor|multiply|add|divide|subtract|use|put|assume|suppose|say|take|construct|build|implement|convert|express|differentiate|integrate|enumerate|imagine|see)';

/** In the order in which they are asked. */
const RULES: readonly CueRule[] = [
  // Going back, before all else: "Wait, let me check" turns, and what follows is the check.
  {
    kind: 'doubt',
    strength: 'turn',
    pattern: /^(?:wait|hold on|hang on|not so fast|oops|whoa|uh[- ]oh|scratch that|on second thought)\b/iu,
  },
  {
    kind: 'doubt',
    strength: 'turn',
    pattern: /^(?:等等|等一下|等下|慢着|不对|不是吧|咦|哎呀|重新(?:想|考虑|看|来))/u,
  },
  {
    kind: 'doubt',
    strength: 'change',
    pattern: /^(?:actually|nope|no[,.!\u2014]|no wait|uncertain)(?!\w)/iu,
  },
  {
    kind: 'doubt',
    strength: 'change',
    pattern:
      /^(?:i think |maybe |perhaps )?(?:i'?m|i am|we'?re) (?:not (?:entirely |completely |so |quite )?(?:sure|certain|convinced)|confused|unsure|stuck|going in circles|overthinking|overcomplicating)/iu,
  },
  {
    kind: 'doubt',
    strength: 'change',
    pattern:
      /^(?:that|this|it|which|something|the (?:result|answer|total))(?:(?:'s| is| was| seems| looks| feels)(?: \w+){0,2}? (?:not right|wrong|incorrect|a mistake|an error|weird|strange|odd|off|not correct|inconsistent|a contradiction|suspicious|impossible|too \w+)|(?: can'?t| cannot| can not| doesn'?t| does not| isn'?t| is not| wouldn'?t| couldn'?t| could not|'s not)(?: \w+){0,2}? (?:right|correct|sense|match|work|add up|possible|fit|hold|agree|true|seem))\b/iu,
  },
  {
    kind: 'doubt',
    strength: 'change',
    pattern:
      /^(?:maybe|perhaps|i think|it seems|looks like)? ?i(?:'ve| have)? ?(?:must have|may have|might have|think i|probably|just|already)* ?(?:made (?:a|an|some) (?:mistake|error)|misread|misunderstood|mis\w+ed|forgot|overlooked|missed|messed|should (?:reconsider|rethink|re-?read|go back|start over))/iu,
  },
  {
    kind: 'doubt',
    strength: 'turn',
    pattern:
      /^(?:let me |let'?s |i(?:'ll| should| need to| have to| must) |maybe i should |better )(?:re-?think|reconsider|start over|start again|go back|re-?read|re-?examine|backtrack|step back|take a step back|think again|try again|look again|re-?do)\b/iu,
  },
  {
    kind: 'doubt',
    strength: 'change',
    pattern:
      /^(?:is|does|is|would|could|can|did) (?:that|this|it|i)(?: \w+){0,3} (?:right|correct|really|wrong|sense|possible|mistake|\w+ed something)\b[^.]*\?/iu,
  },
  {
    kind: 'doubt',
    strength: 'weak',
    whole: true,
    pattern:
      /^but (?:that|this|it|is|does|isn'?t|doesn'?t|what|why|how|where|then|wait|the (?:problem|question|code|test)|i |maybe|if)/iu,
  },
  {
    kind: 'doubt',
    strength: 'weak',
    pattern: /^(?:可是|但是?(?:不|这|那)|好像不对|我(?:搞|弄|算|看)错|其实不)/u,
  },

  // Conclusions name the answer, or the box that it stands in.
  { kind: 'conclude', strength: 'change', pattern: /\\boxed\s*\{/u },
  {
    kind: 'conclude',
    strength: 'change',
    whole: true,
    pattern:
      /^(?:so|therefore|thus|hence|ok(?:ay)?|and|then)?,? ?(?:i think |i believe |i conclude |it seems |that means |this means )?(?:that )?(?:the|my|our) (?:final |correct |overall |right |whole |full )*(?:answer|solution|conclusion|fix|output|result)\b(?! (?:of|to|for) )[^?]*(?:\bis\b|:|\bare\b|\bshould be\b|\bwould be\b|\bwill be\b|\bmust be\b|=)/iu,
  },
  {
    kind: 'conclude',
    strength: 'change',
    pattern:
      /^(?:in conclusion|to conclude|to sum up|to summari[sz]e|in summary|final answer|answer:|conclusion:|all in all|altogether|putting (?:it|this|everything|that) (?:all )?together)/iu,
  },
  {
    kind: 'conclude',
    strength: 'change',
    pattern:
      /^(?:i'?m|i am) (?:now |pretty |quite |fairly |very |reasonably )*(?:confident|sure|certain|convinced|satisfied)/iu,
  },
  {
    kind: 'conclude',
    strength: 'change',
    pattern:
      /^(?:i'?ll|i will|i can|i should) (?:go with|answer|conclude|present|respond|finali[sz]e|give the|write (?:up )?the (?:final )?(?:answer|response))/iu,
  },
  {
    kind: 'conclude',
    strength: 'change',
    whole: true,
    pattern:
      /^(?:so,? |therefore,? |thus,? |hence,? )(?:it|this|that|they|the (?:code|program|function|loop|script|snippet)|line \d+|the (?:bug|problem|issue|error)) (?:will |would |should |must )?(?:print|return|output|log|display|give|is (?:on|in|at|that|wrong))/iu,
  },
  {
    kind: 'conclude',
    strength: 'change',
    pattern: /^.{0,120}\bthe (?:final |correct )?answer (?:is|should be|must be|would be|will be)\b/iu,
  },
  {
    kind: 'conclude',
    strength: 'change',
    pattern:
      /^(?:所以|因此|综上(?:所述)?|总之|那么|最后|最终)?[，,]?.{0,8}(?:答案|结果)(?:就)?(?:应该)?(?:是|为|等于)/u,
  },
  { kind: 'conclude', strength: 'weak', pattern: /^(?:综上|总之|因此|所以最终|最终)/u },
  {
    kind: 'conclude',
    strength: 'weak',
    pattern: /^(?:.{0,80}\b)?i(?:'d| would|'ll| will) (?:recommend|suggest|go with|choose)\b/iu,
  },
  {
    kind: 'conclude',
    strength: 'weak',
    whole: true,
    pattern: /^(?:so|therefore|thus|hence),? the (?:bug|problem|issue|error|cause|culprit|mistake|reason) /iu,
  },
  // What a terse trace ends with.
  { kind: 'conclude', strength: 'weak', whole: true, pattern: /(?:^|[,:; ])print \S[^.]{0,60}$/u },
  { kind: 'conclude', strength: 'weak', whole: true, pattern: /^\d{1,4}: .*\bwrong,/u },
  {
    kind: 'conclude',
    strength: 'weak',
    whole: true,
    pattern:
      /^(?:therefore|thus|hence|consequently|so,? (?:in (?:all|both|either|any|every)|overall|finally|there (?:is|are)|we (?:have|get)|yes|no))\b/iu,
  },

  {
    kind: 'check',
    strength: 'change',
    pattern: new RegExp(
      `^(?:${WE}${MODAL} |to |time to |just to |it'?s worth |worth |maybe )(?:be (?:sure|safe|certain),? |${CHECKS})`,
      'iu',
    ),
  },
  {
    kind: 'check',
    strength: 'change',
    pattern:
      /^(?:double[- ]?check(?:ing)?|check(?:ing)?|verify(?:ing)?|verification|sanity check|testing|plugging|recheck(?:ing)?|confirm(?:ing)?|as a check|quick check)\b/iu,
  },
  {
    kind: 'check',
    strength: 'weak',
    pattern:
      /^(?:(?:that|this|it|everything|which) (?:all )?(?:checks out|works|matches|holds|is consistent|agrees|makes sense)|(?:does|do|is) (?:that|this|it|they) (?:work|hold|make sense|match|agree|right|correct))/iu,
  },
  {
    kind: 'check',
    strength: 'change',
    pattern: /^(?:让我们?|我们?|我来|再|来)*(?:再|来|先)*(?:检查|验证|验算|核对|确认|检验)/u,
  },
  { kind: 'check', strength: 'weak', whole: true, pattern: /^\d{1,4}: .* ok$/u },

  {
    kind: 'restate',
    strength: 'change',
    pattern:
      /^(?:the |this |my |our )?(?:question|problem|task|user|puzzle|exercise|prompt|goal|asked|given|request)(?:'s)?(?: \w+)?(?: asks| is| wants| says| gives| states| needs| has| requires| would like|:)/iu,
  },
  {
    kind: 'restate',
    strength: 'change',
    pattern:
      /^(?:i'?m|i am|we'?re|we are|i'?ve been|i was) (?:\w+ )?(?:asked|given|supposed|told|looking at|trying to (?:figure|find|solve|understand))/iu,
  },
  {
    kind: 'restate',
    strength: 'change',
    opening: true,
    pattern:
      /^(?:given (?:that|the|a|an)\b|given:|i have (?:this|a|the|to)|we have (?:a|this) (?:function|list|code|problem)|there(?:'s| is| are) (?:this|a|an|some) |here(?:'s| is) )/iu,
  },
  {
    kind: 'restate',
    strength: 'change',
    opening: true,
    pattern:
      /^(?:the|this) (?:error|bug|issue|code|function|program|test|statement|message|snippet|list|input)(?: \w+)? (?:is|says|fails|takes|does|has|returns|should)\b/iu,
  },
  { kind: 'restate', strength: 'change', pattern: /^(?:题目|问题|用户|已知|要求)/u },

  {
    kind: 'try',
    strength: 'turn',
    pattern:
      /^(?:alternatively|another (?:way|approach|method|idea|option|thought|possibility|angle|strategy)|a different (?:way|approach|method)|what if|or maybe|instead,)/iu,
  },
  { kind: 'try', strength: 'change', pattern: new RegExp(`^(?:${WE}${MODAL} )${TRIES}\\b`, 'iu') },
  {
    kind: 'try',
    strength: 'weak',
    pattern:
      /^(?:suppose|assume|assuming|consider|say|for (?:example|instance)|using|trying|substituting|let (?:[a-z]|\$)\b|case|if (?:i|we)|starting (?:with|from))\b/iu,
  },
  {
    kind: 'try',
    strength: 'change',
    pattern: /^(?:或者|另一种|换(?:一种|个)|试(?:试|一下)|假设|设|代入|计算)/u,
  },

  {
    kind: 'plan',
    strength: 'change',
    pattern: new RegExp(
      `^(?:${INTENT}) (?:is to|think|start|begin|break|plan|go step|approach|figure|outline|organi[sz]e|recall|remember|understand|find|figure out|focus|proceed|tackle|handle|do|need|keep|refactor|fix|rename|extract|turn|replace|make|get|determine|know|parse|read|reason|move)\\b`,
      'iu',
    ),
  },
  {
    kind: 'plan',
    strength: 'change',
    pattern:
      /^(?:plan:|approach:|strategy:|the plan|my plan|step by step|one (?:way|approach|idea)|the (?:first|next|best|simplest|easiest|key) (?:step|thing|way|approach|idea)|how (?:do|can|should|would|could) (?:i|we)|to (?:solve|find|fix|approach|answer|start|begin|refactor|do) (?:this|that|it|the)|start (?:by|with))/iu,
  },
  {
    kind: 'plan',
    strength: 'weak',
    pattern:
      /^(?:my |the |possible )?(?:options|ideas|possibilities|approaches|steps|ways to \w+)\b.{0,40}:$/iu,
  },
  {
    kind: 'plan',
    strength: 'weak',
    pattern:
      /^(?:first(?:ly)?|next|second(?:ly)?|third(?:ly)?|finally|after that),? (?:i|we|let|the (?:first|next)|understand|identify|find)\b/iu,
  },
  {
    kind: 'plan',
    strength: 'change',
    pattern: /^(?:首先|先|第一步|我(?:们)?(?:打算|可以|应该|先)|思路|计划|让我(?:们)?(?:先|想)|接下来)/u,
  },
  {
    kind: 'plan',
    strength: 'weak',
    pattern: /^(?:i|we)(?:'ll| will| need| have| want| should| could| can| must| might)\b/iu,
  },
];

/** At the very beginning, saying what is to be done is saying the task again. */
const TASK =
  /^(?:i|we) (?:need|have|want|am supposed|are supposed|should) to (?:find|figure|solve|determine|work out|compute|calculate|write|fix|refactor|explain|decide|prove|show|rename|answer|understand|convert|count|check|debug|tell|say|describe|replace|turn|add|subtract|multiply|implement|create|sort)|^我(?:们)?(?:需要|要|得|来)/iu;
const HESITATION = /^hm+\b|^嗯+/iu;
const DOUBT: SentenceCue = { kind: 'doubt', strength: 'change' };
const OPENING = /^(?:okay|ok|alright|all right|so|hm+|let'?s see|好的?|嗯)\b|^(?:好的?|嗯)/iu;

/**
 * What a sentence does, by the first rule that its beginning fits. Undefined when it just goes on.
 * @param opening whether the thought has done nothing yet but say the task
 */
export function sentenceCue(sentence: string, opening: boolean): SentenceCue | undefined {
  const whole = sentence.slice(0, HEAD_CHARACTERS).replaceAll('\u2019', "'");
  const head = withoutFillers(whole).replace(/^["'*_(\u201c]+/u, '');
  // "Hmm" at the beginning is no doubt: there is nothing yet.
  const hesitates = !opening && HESITATION.test(whole);
  if (opening && TASK.test(head)) return { kind: 'restate', strength: 'change' };
  for (const { kind, strength, pattern, whole: asIs, opening: early } of RULES) {
    if (early && !opening) continue;
    if (!pattern.test(asIs ? whole : head)) continue;
    // "Hmm, let me verify" is a check; else it doubts.
    return strength === 'weak' && hesitates ? DOUBT : { kind, strength };
  }
  if (hesitates) return DOUBT;
  return opening && OPENING.test(whole) ? { kind: 'restate', strength: 'weak' } : undefined;
}

const HEADINGS: readonly [pattern: RegExp, kind: StepKind][] = [
  [
    /^(?:understand|problem|the problem|task|the task|question|the question|goal|given|restat|问题|题目)/iu,
    'restate',
  ],
  [/^(?:plan|the plan|approach|strategy|outline|思路|计划)/iu, 'plan'],
  [/^(?:verif|check|double|test|sanity|review|验证|检查)/iu, 'check'],
  [/^(?:conclu|final|answer|the answer|result|summary|结论|答案)/iu, 'conclude'],
];

/** What a section does, by its heading. */
export function headingKind(heading: string, opening: boolean): StepKind | undefined {
  return HEADINGS.find(([pattern]) => pattern.test(heading))?.[1] ?? sentenceCue(heading, opening)?.kind;
}

/** A sentence from its first word on that says something. */
export function withoutFillers(sentence: string): string {
  let rest = sentence.trimStart();
  for (let times = 0; times < MAX_FILLERS; times++) {
    const filler = FILLER.exec(rest)?.[0];
    if (filler === undefined) break;
    rest = rest.slice(filler.length);
  }
  return rest;
}

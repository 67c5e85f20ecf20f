import { Random } from './random.ts';

/** Programs written for this file, with what trips tokenizers: indentation, digits, operators, quotes, Unicode. */
const programs: readonly string[] = [
  // TypeScript
  `export async function* readLines(path: string, { limit = 1_000 } = {}): AsyncGenerator<string> {
  const handle = await open(path, 'r');
  try {
    let carry = '';
    for await (const chunk of handle.createReadStream({ encoding: 'utf8', highWaterMark: 1 << 16 })) {
      const parts = (carry + chunk).split(/\\r?\\n/u);
      carry = parts.pop() ?? "";
      yield* parts.slice(0, limit);
    }
    if (carry !== '') yield carry; // the last line has no \\n
  } finally {
    await handle?.close();
  }
}
type Price<T extends { cents: number }> = Readonly<Pick<T, 'cents'>> & { currency?: 'EUR' | 'USD' };
const total = items.reduce((sum, { cents }) => sum + cents * 1.19, 0x00ff) >>> 0;
console.log(\`\${total.toFixed(2)} € — don't\\tpanic\`);`,
  // Python
  `from __future__ import annotations

@dataclass(frozen=True, slots=True)
class Vec3:
    x: float = 0.0
    y: float = -1.5e-10

\tdef mixed_tabs(self): return self
    def __matmul__(self, other: "Vec3") -> float:
        """Dot product; it's O(1)."""
        return sum(a * b for a, b in zip(self, other, strict=True))

squares = {n: n ** 2 for n in range(10_000) if n % 3 == 0 and not n & 1}
print(f"{squares[12]:>8,}|{3.14159:.3f}", end='\\n\\n')
if __name__ == '__main__':
    assert [*map(len, 'ab cd'.split())] == [2, 2], "we'll see"
    lambda *args, **kw: (yield)`,
  // Rust
  `impl<'a, T: ?Sized + Hash + 'a> Cache<'a, T> {
    pub fn get_or_insert_with<F>(&mut self, key: &'a T, make: F) -> Result<&mut Entry, CacheError>
    where
        F: FnOnce() -> Entry,
    {
        let hash = self.hasher.hash_one(key) & 0xFFFF_FFFF_u64;
        match self.map.raw_entry_mut().from_hash(hash, |k| *k == key) {
            Occupied(e) if !e.get().is_stale() => Ok(e.into_mut()),
            _ => unsafe { Ok(self.map.entry(key).or_insert_with(make)) },
        }
    }
}
#[derive(Debug, Clone, PartialEq)]
macro_rules! vec_of { ($($x:expr),* $(,)?) => { vec![$($x as i32),*] }; }
fn main() { println!("{:?} {}", vec_of![1, -2, 300_000], r#"raw "string""#); }`,
  // Go
  `package main

import (
\t"context"
\t"fmt"
)

func worker(ctx context.Context, id int, jobs <-chan int, results chan<- string) {
\tfor {
\t\tselect {
\t\tcase <-ctx.Done():
\t\t\treturn
\t\tcase n, ok := <-jobs:
\t\t\tif !ok {
\t\t\t\treturn
\t\t\t}
\t\t\tresults <- fmt.Sprintf("%02d: %d² = %d", id, n, n*n)
\t\t}
\t}
}

var mask uint64 = ^uint64(0) << 12 &^ 0b1010`,
  // C++
  `#include <vector>
#define MAX(a, b) ((a) > (b) ? (a) : (b))
namespace geo::detail {
template <typename It, class = std::enable_if_t<!std::is_const_v<It>>>
constexpr auto sum(It first, It last) noexcept -> decltype(*first + 0LL) {
    long long acc{};
    while (first != last) acc += *first++;   /* not   std::accumulate */
    return acc;
}
}  // namespace
int main(int argc, char** argv) {
    auto f = [&, n = 42u](const auto&... xs) mutable { return (xs + ... + n--); };
    std::printf("%s:%d\\t%#x\\n", __FILE__, __LINE__, f(1, 2, 3));
    for (;;) { if (argc --> 0) continue; goto done; }
done:
    return 'x' == L'\\u00e9' ? 0'123 : -1;
}`,
];

const scripts: readonly string[] = [
  'Ünïcödé ñandú façade Straße ŒUVRE ǅ ﬁ ﬀ ſ',
  'Ελληνικά κείμενο με τόνους και ᾳ ῳ',
  'Русский текст, ёжик; Українська — їжак',
  'हिन्दी में क्षमता और संयुक्ताक्षर',
  'עברית מימין לשמאל עם נִקּוּד',
  'العربية مع تشكيل: مُحَمَّد',
  'ไทยไม่มีช่องว่าง',
  '日本語のテキスト、カタカナとひらがな。',
  '中文文本，没有空格。「引号」《书名》',
  '한국어 텍스트와 조사들',
  'ქართული ᲥᲐᲠᲗᲣᲚᲘ Հայերեն Ꮳꮃꭹ',
  '𝕄𝕒𝕥𝕙 𝒻ℴ𝓃𝓉𝓈 ℂℝℕ ∑∫√∞ ≠ ≤ ⊂ ℵ₀',
  '𐐀𐐁𐐨 𞤀𞤢 𐲀 𑢠 deseret and adlam',
  'combining: e\u0301 o\u0308 n\u0303 a\u030a\u0323 \u0301alone',
  'decomposed Tiê\u0301ng Viê\u0323t, composed Tiếng Việt',
  'digits ٠١٢٣ ०१२३ ０１２３ ⅷ ½ ¾ ² ₃ ① 一二三 12,345,678.90',
  '1 12 123 1234 12345 123456 1234567 12345678 0.1 1e10 -42 +7 1/2 3.14.15',
  '2024-02-29T23:59:59.999Z 192.168.0.1 v1.2.3-rc.4 #fff 0xDEADBEEF 0b1010 0o777',
  "it's we'll they've I'M HE'LL y'all'd don't 'twas rock'n'roll o'clock ''s 'S 'RE 'D",
  '’s ‘curly’ “quotes” „low“ «guillemets» ‹single› —em–en‒fig…',
  '!?#$%&*+-/<=>@^_`{|}~ ++ -- ** // == != <= >= && || ?? => -> :: ... ;;; ``` """',
  '！？（全角）　ＡＢＣａｂｃ～｜、。',
  '€£¥¢₿₹ ©®™ §¶†‡ °µ ←→↑↓ ■□▲ ♠♥ ✓✗ ★',
  '😀😃🙈 👩‍👩‍👧‍👦 👋🏽 🇩🇪🇯🇵 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️ ☕️ 1️⃣ 🧑🏿‍💻',
  '😀a😀 1😀2 😀\n😀 .😀. 😀😀😀😀😀😀😀😀',
  'zero\u200bwidth \u200djoiner\u200c \u2060word \ufeffbom soft\u00adhyphen',
  'bidi \u202eoverride\u202c \u2066isolate\u2069',
  'controls \u0001\u0007\u0008\u000b\u000c\u001b[31m\u007f\u0085\u009f end',
  'replacement \ufffd private \ue000\uf8ff \u{f0000} noncharacter \ufdd0\uffff',
  'unassigned \u0378 \u{e0080} tags \u{e0041}',
];

const spaces: readonly string[] = [
  ...[
    ' ',
    '  ',
    '   ',
    '    ',
    '\t',
    '\t\t',
    ' \t ',
    '\n',
    '\n\n',
    '\n\n\n',
    '\r\n',
    '\r\n\r\n',
    '\r',
    '\n\r',
  ],
  ...[
    ' \n',
    '\n ',
    '  \n  ',
    ' \n \n ',
    '\t\n\t',
    '\n\n    x',
    'x    \n\n',
    ' x',
    'x ',
    '  x',
    'x  ',
    '   x   ',
  ],
  ...[
    'a b',
    'a  b',
    'a   b',
    'a\tb',
    'a\t\tb',
    'a \tb',
    'a\t b',
    'a\nb',
    'a\n\nb',
    'a \n b',
    'a\r\nb',
    'a \r\n\t b',
  ],
  ...[
    '\u00a0',
    'a\u00a0b',
    'a\u00a0\u00a0 b',
    '\u2003x',
    'a\u2003b',
    '\u3000全角\u3000',
    '\u2028line\u2029',
    '\u1680x',
    '\u202fx',
  ],
  ...[
    '.  .',
    '1  2',
    '!  \n',
    '. \n\n.',
    '1 \n',
    ' 1',
    '  1',
    '\n1',
    ' .',
    '  .',
    '\n.',
    '.\n',
    '.\n\n',
    '. .',
    '! \r\n',
  ],
  ...[
    'x'.repeat(200),
    ' '.repeat(100),
    '\n'.repeat(50),
    '\t'.repeat(33) + 'x',
    '='.repeat(80),
    '- '.repeat(40),
    '1'.repeat(50),
  ],
  ...['\u0085', 'a\u0085b', '\u000b', 'a\u000bb', '\u000c\n', ' \u000b \n'],
];

/** Texts that are tokens somewhere. */
const markers: readonly string[] = [
  ...[
    '<|im_start|>',
    '<|im_end|>',
    '<|endoftext|>',
    '<|im_start|>user\nHi<|im_end|>\n',
    '<repo_name>',
    '<file_sep>',
  ],
  ...[
    '<|im_start|><|im_start|>',
    '<|im_end',
    '|im_end|>',
    '<<|im_end|>>',
    '< |im_end| >',
    '<|IM_END|>',
    ' <|im_end|> ',
  ],
  ...[
    '<think>',
    '</think>',
    '<think>\n\n</think>\n\n',
    '<｜end▁of▁sentence｜>',
    '<｜User｜>',
    '<｜Assistant｜>hi',
  ],
  ...[
    '<|begin_of_text|>',
    '<|start_header_id|>system<|end_header_id|>',
    '<|eot_id|>',
    '<s>',
    '</s>',
    '[INST]',
    '<unk>',
    '<pad>',
  ],
  ...[
    'a<|endoftext|>b',
    '1<|endoftext|>2',
    'é<|endoftext|>é',
    '\n<|endoftext|>\n',
    '  <|endoftext|>  ',
    '<0x0A>',
    '▁the',
    'Ġthe',
  ],
];

/** Pieces of all of the above in random order: what stands beside what decides where text is cut. */
function mixtures(count: number): string[] {
  const random = new Random(20260121);
  const pieces = [...programs, ...scripts, ...spaces, ...markers].flatMap((text) => {
    const characters = [...text];
    return [0, 1, 2].map(() => {
      const start = random.below(characters.length);
      return characters.slice(start, start + 1 + random.below(9)).join('');
    });
  });
  return Array.from({ length: count }, () =>
    Array.from({ length: 2 + random.below(10) }, () => pieces[random.below(pieces.length)] ?? '').join(''),
  );
}

/**
 * Over 500 different texts for comparing tokenizers: code in five languages, by file and by line, Unicode, emoji,
 * odd white space, special tokens as text, and mixtures of them all. The same in every run.
 */
export function tokenizerStrings(): string[] {
  const lines = programs.flatMap((program) => program.split('\n'));
  return [...new Set(['', ...programs, ...lines, ...scripts, ...spaces, ...markers, ...mixtures(500)])];
}

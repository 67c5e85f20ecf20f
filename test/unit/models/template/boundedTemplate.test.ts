import { describe, expect, it } from 'vitest';
import { renderTemplate, type TemplateVariables } from '../../../../src/models/template/renderTemplate.ts';
import { templateLimits, type TemplateLimits } from '../../../../src/models/template/templateLimits.ts';
import { GlassboxError } from '../../../../src/protocol/errors.ts';

const now = new Date(2026, 1, 3, 4, 5);
/** Less time than the default, so that those stopped by the clock do not hold up the others. */
const limits = { ...templateLimits(0), timeMs: 1_500 };

function render(source: string, variables: TemplateVariables = {}, changes: Partial<TemplateLimits> = {}) {
  return renderTemplate(source, variables, { ...limits, ...changes }, now);
}

function failure(source: string, variables: TemplateVariables = {}): GlassboxError {
  try {
    render(source, variables);
  } catch (error) {
    if (error instanceof GlassboxError) return error;
    throw error;
  }
  throw new Error('the template was rendered');
}

/** Doubles a value `times` times. */
function doubling(initial: string, step: string, times: number): string {
  return (
    `{% set ns = namespace(v=${initial}) %}` +
    `{% for i in range(${String(times)}) %}{% set ns.v = ${step} %}{% endfor %}`
  );
}

describe('a template that behaves', () => {
  it('is rendered as Jinja says', () => {
    expect(render('{% for x in xs %}{{ loop.index }}{{ x }} {% endfor %}', { xs: ['a', 'b'] })).toBe(
      '1a 2b ',
    );
    expect(render("{{ ['a', 'b'] | join('-') }}{{ 'a\nb' | indent(2) }}")).toBe('a-ba\n  b');
    expect(render("{{ 'aXbX'.replace('X', 'yy') }}{{ 'a,b'.split(',')[1] }}")).toBe('ayybyyb');
    expect(render("{{ 'aXbX' | replace('X', '') }}{{ {'k': [1]} | tojson(indent=2) }}")).toBe(
      'ab{\n  "k": [\n    1\n  ]\n}',
    );
    expect(render('{% filter indent(width=1, first=true) %}a\nb{% endfilter %}')).toBe(' a\n b');
    expect(render("{{ range(3) | join }}{{ range(5, 0, -2) | join(separator=' ') }}")).toBe('0125 3 1');
    expect(render("{% set f = 'a-b'.split %}{{ f('-') | last }}{{ 'x' ~ 1 }}")).toBe('bx1');
    expect(render('{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(*[3, 4]) }}')).toBe(
      '1234',
    );
  });

  it('sees the time it is given', () => {
    expect(render("{{ strftime_now('%d %b %Y %H:%M %% %q') }}")).toBe('03 Feb 2026 04:05 % %q');
  });

  it('may use a long conversation many times over', () => {
    const content = 'a line of code\n'.repeat(30_000);
    const messages = Array.from({ length: 20 }, () => ({ role: 'user', content }));
    const source =
      "{% for m in messages %}{{ '<' + m.role + '>' + (m['content'] | trim).replace('\\n', '\\n  ') + '\\n' }}{% endfor %}";
    const text = renderTemplate(source, { messages }, templateLimits(20 * content.length), now);
    expect(text.length).toBeGreaterThan(20 * content.length);
  });

  it('can refuse a conversation, in its own words', () => {
    const error = failure("{{ raise_exception('Roles must\n alternate') }}");
    expect(error.code).toBe('template/failed');
    expect(error.message).toContain('refused this conversation: Roles must alternate');
  });
});

describe('a hostile template', () => {
  const huge = 'x'.repeat(1_000_000);
  const hostile: Readonly<Record<string, string>> = {
    'nested loops': '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}',
    'loops over a product': `{% for a in range(9999) %}{% for b in range(9999) %}{{ '' }}{% endfor %}{% endfor %}`,
    'a huge range': '{{ range(1000000000) }}',
    'a range without end': '{{ range(0, 10, 0.0000001) }}',
    'a macro that calls itself': '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
    'a macro that calls itself twice': '{% macro m() %}{{ m() ~ m() }}{% endmacro %}{{ m() }}',
    'deep nesting': '{% if true %}'.repeat(20_000) + '{% endif %}'.repeat(20_000),
    'a deep expression': `{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`,
    'a string that doubles': `${doubling("'ab'", 'ns.v ~ ns.v', 60)}{{ ns.v }}`,
    'a string that doubles by adding': `${doubling("'ab'", 'ns.v + ns.v', 60)}`,
    'a list that doubles': doubling('[1]', 'ns.v + ns.v', 60),
    'a list of lists of lists': `${doubling('[1]', '[ns.v, ns.v]', 60)}{{ ns.v | tojson }}`,
    'a mapping of mappings': `${doubling('{}', "{'a': ns.v, 'b': ns.v}", 60)}{{ ns.v }}`,
    'a namespace in itself': '{% set n = namespace() %}{% set n.n = n %}{{ n }}',
    'a namespace in itself, twice': '{% set n = namespace() %}{% set n.n = [n, n] %}{{ n }}',
    'the same text again and again': '{% for i in range(99999) %}{{ huge }}{% endfor %}',
    'many large texts at once':
      '{% set n = namespace(all=[]) %}{% for i in range(99999) %}{% set n.all = n.all + [huge ~ i] %}{% endfor %}',
    'the same list written again and again':
      '{% set list = [huge] %}{% for i in range(99999) %}{{ list }}{% endfor %}',
    'a replacement that multiplies': "{{ huge.replace('x', huge) }}",
    'a replacement of nothing': "{{ huge.replace('', huge) }}",
    'a replacement kept for later': "{% set f = huge['replace'] %}{{ f('x', huge) }}",
    'a replacement as a filter': "{{ huge | replace('x', huge) }}",
    'a join that multiplies': '{{ range(99999) | join(huge) }}',
    'a join of characters': '{{ huge | join(huge) }}',
    'a join by keyword': '{{ range(99999) | join(separator=huge) }}',
    'an endless indent': "{{ 'a\nb' | indent(1000000000) }}",
    'an endless indent by keyword': "{{ 'a\nb' | indent(width=1000000000) }}",
    'an endless indent by a spread': "{{ 'a\nb' | indent(*[1000000000]) }}",
    'an endless indent by a mapping': "{{ 'a\nb' | indent(**{'width': 1000000000}) }}",
    'an endless indent of a block': '{% filter indent(1000000000) %}a\nb{% endfilter %}',
    'an endless indent of JSON': '{{ [[1]] | tojson(indent=1000000000) }}',
    'endless separators of JSON': '{{ range(9999) | tojson(separators=[huge, huge]) }}',
    'a split into characters': "{{ huge.split('x') | length }}",
    'a split kept for later': "{% set f = huge.split %}{{ f('x') | length }}",
    'a long source': 'a'.repeat(1_000_000),
  };

  it.each(Object.entries(hostile))('is stopped: %s', (_, source) => {
    const error = failure(source, { huge });
    expect(error.message).toMatch(/chat template/u);
    expect(error.code).toBe('template/limit');
  });

  it('is stopped by the clock where no other limit is in the way', () => {
    const endless = '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}';
    const steps = Number.MAX_SAFE_INTEGER;
    expect(() =>
      render(endless, {}, { timeMs: 50, steps, producedCharacters: Number.MAX_SAFE_INTEGER }),
    ).toThrowError(/ran for too long/u);
    expect(render('{{ 1 + 1 }}')).toBe('2');
  });

  it('finds no way to JavaScript', () => {
    const tricks = [
      "{{ ''.constructor }}",
      "{{ ''['constructor'] }}",
      "{{ ''.__proto__ }}",
      '{{ [].constructor.constructor }}',
      "{{ {}['__proto__'] }}",
      "{{ {}.get('constructor') }}",
      '{{ range.constructor }}',
      '{{ messages.__class__ }}',
      '{{ m.hasOwnProperty }}{{ m.toString }}',
      '{{ process }}{{ globalThis }}{{ require }}{{ this }}{{ self }}',
      "{{ messages | map(attribute='constructor') | join }}",
      '{{ namespace().constructor }}{{ namespace().__proto__ }}',
    ];
    for (const trick of tricks) {
      expect(render(trick, { messages: [{ a: 1 }], m: { a: 1 } }), trick).toBe('');
    }
  });

  it('cannot change what the next one sees', () => {
    render("{% set range = 1 %}{% set m = 'changed' %}{% set ns = namespace(a=m) %}", { m: { a: 1 } });
    expect(render('{{ range(2) | join }}{{ m.a }}', { m: { a: 1 } })).toBe('011');
  });

  it('is refused with its own words cut to one short line', () => {
    const error = failure(`{{ raise_exception('a\u001b[31m\\n' ~ '${'b'.repeat(5_000)}') }}`);
    expect(error.message).not.toMatch(/\p{Cc}/u);
    expect(error.message.length).toBeLessThan(500);
  });

  it('that is no Jinja fails with a reason', () => {
    for (const source of ['{% for %}', '{{ ', '{% if x %}', '{{ x | nosuch }}', '{{ nosuch() }}']) {
      expect(failure(source).code, source).toBe('template/failed');
    }
  });
});

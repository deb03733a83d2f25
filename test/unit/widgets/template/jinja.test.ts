import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileTemplate } from '../../../../src/widgets/template/compile.ts';
import { startOracle, type Oracle } from '../../../support/oracle.ts';

let oracle: Oracle;
beforeAll(async () => {
  oracle = await startOracle();
});
afterAll(() => oracle?.[Symbol.asyncDispose]());

const DATA = {
  title: 'Tasks & "more" <b>',
  name: "O'Neill",
  empty: '',
  n: 3,
  zero: 0,
  half: 2.5,
  yes: true,
  no: false,
  nothing: null,
  words: ['pear', 'Apple', 'fig'],
  none_at_all: [],
  numbers: [3, 1, 2, 2],
  user: { name: 'Ada', tags: ['a', 'b'], address: { city: 'London' } },
  tasks: [
    { id: 't1', title: 'Buy milk', done: true, priority: 2 },
    { id: 't2', title: 'Write 🙂', done: false, priority: 1 },
    { id: 't3', title: 'call "Bob"', done: false, priority: 3 },
  ],
  text: 'The quick brown fox\njumps over  the lazy dog',
  counts: { b: 2, a: 1, C: 3 },
};

/** What the Widget Builder writes, and what people write by hand. */
const TEMPLATES: Record<string, readonly string[]> = {
  'values of the Widget Builder': [
    '{{ (title) | tojson }}',
    '{{ ((n ~ " · " ~ title)) | tojson }}',
    '{{ (user.address.city) | tojson }}{{ user["name"] }}{{ user.tags[0] }}{{ user.tags[-1] }}',
    '{{ ((16 / 6)) | tojson }} {{ ((n * 2)) | tojson }} {{ ((n + 1)) | tojson }} {{ (n - 1) }}',
    '{{ ("Done" if yes else "Open") | tojson }}{{ (n if n > 5 else (half if no else zero)) | tojson }}',
    '{{ (empty or "none") | tojson }}{{ (yes and "both") | tojson }}{{ (zero and 1) | tojson }}',
    '{{ (note if note is defined and note is not none else "default") | tojson }}',
    '{{ (nothing if nothing is not none else "was null") | tojson }}',
    '{{ (tasks) | tojson }}{{ (user) | tojson }}{{ nothing | tojson }}{{ yes | tojson }}',
    '{{ (((tasks | length) ~ " items")) | tojson }}',
    '{{ (("a\\n\\"b\\" \\\\ c")) | tojson }}',
  ],
  'lists of the Widget Builder': [
    `[{%- set _c -%}{%-for item in tasks -%},{"id":{{ (item.id) | tojson }}}{%-endfor-%}{%- endset -%}{{- (_c[1:] if _c and _c[0] == ',' else _c) -}}]`,
    `[{%- set _c -%}{%-for item in none_at_all -%},{{ item | tojson }}{%-endfor-%}{%- endset -%}{{- (_c[1:] if _c and _c[0] == ',' else _c) -}}]`,
    `[{%- set _c -%}{%-for t in tasks -%}{%-set i = loop.index0 -%},{"key":{{ (i) | tojson }},"in":[{%- set _c -%}{%-for w in words -%},{{ (w ~ i) | tojson }}{%-endfor-%}{%- endset -%}{{- (_c[1:] if _c and _c[0] == ',' else _c) -}}]}{%-endfor-%}{%- endset -%}{{- (_c[1:] if _c and _c[0] == ',' else _c) -}}]`,
    `{"a":1{%-if (yes) -%},"b":2{%-endif-%}{%-if not (yes) -%},"c":3{%-else-%},"d":4{%-endif-%}}`,
    `{%-for t in tasks -%}{%-if t.done -%}x{%-elif t.priority > 2 -%}y{%-else-%}z{%-endif-%}{%-endfor-%}`,
  ],
  loops: [
    '{% for w in words %}{{ loop.index }}/{{ loop.length }}:{{ w }}{% if not loop.last %}, {% endif %}{% endfor %}',
    '{% for w in none_at_all %}x{% else %}nobody{% endfor %}',
    '{% for t in tasks if not t.done %}{{ t.id }}{{ loop.first }}{% endfor %}',
    '{% for k, v in counts.items() %}{{ k }}={{ v }};{% endfor %}{% for k in counts %}{{ k }}{% endfor %}',
    '{% for k, v in counts | dictsort %}{{ k }}{{ v }}{% endfor %}{% for k, v in counts | items %}{{ k }}{% endfor %}',
    '{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}',
    '{% set x = 1 %}{% for i in range(2) %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x }}',
    '{% set ns = namespace(total=0) %}{% for t in tasks %}{% set ns.total = ns.total + t.priority %}{% endfor %}{{ ns.total }}',
    '{% for t in tasks %}{{ loop.cycle("odd", "even") }}{{ loop.previtem.id if loop.previtem is defined }}{% endfor %}',
    '{% for t in tasks %}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.cycle("a", "b") }}{% endfor %}',
    '{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% endfor %}',
  ],
  filters: [
    '{{ title | upper }}{{ title | lower }}{{ "hello wORLD-x (a) it\'s" | title }}{{ "hELLO wORLD" | capitalize }}',
    '{{ missing | default("d") }}{{ empty | default("d", true) }}{{ nothing | default("d") }}{{ user.nick | default(user.name) }}',
    '{{ words | join(", ") }}{{ tasks | join("/", attribute="id") }}{{ numbers | join }}{{ none_at_all | join(",") }}',
    '{{ words | sort | join(",") }}{{ numbers | sort(reverse=true) | tojson }}{{ tasks | sort(attribute="priority") | map(attribute="id") | join }}',
    '{{ words | first }}{{ words | last }}{{ words | length }}{{ title | length }}{{ counts | length }}{{ "🙂é" | length }}',
    '{{ numbers | sum }}{{ tasks | sum(attribute="priority") }}{{ [0.5, 1] | sum }}{{ numbers | min }}{{ numbers | max }}{{ words | max }}',
    '{{ numbers | unique | list | tojson }}{{ words | reverse | list | tojson }}{{ "abc" | reverse }}{{ "abc" | list | tojson }}',
    '{{ tasks | selectattr("done") | list | length }}{{ tasks | rejectattr("done") | map(attribute="id") | join(",") }}{{ tasks | selectattr("priority", "gt", 1) | list | length }}{{ tasks | selectattr("id", "equalto", "t2") | map(attribute="title") | first }}',
    '{{ numbers | select("odd") | list | tojson }}{{ numbers | reject("odd") | list | tojson }}{{ words | map("upper") | join }}{{ words | map("replace", "a", "4") | join(" ") }}',
    '{{ 42.55 | round(1) }}{{ 42.55 | round }}{{ 2.5 | round }}{{ 3.5 | round }}{{ 7 | round }}{{ 0.125 | round(2) }}{{ 2.675 | round(2) }}{{ 42.1 | round(0, "ceil") }}{{ 42.9 | round(method="floor") }}{{ 1234 | round(-2) }}',
    '{{ "12" | int }}{{ "x" | int(7) }}{{ 3.9 | int }}{{ "2.7" | int }}{{ "2.5" | float }}{{ "x" | float }}{{ -3 | abs }}{{ 3 | float }}{{ yes | int }}',
    '{{ text | truncate(20) }}|{{ text | truncate(12, true) }}|{{ text | truncate(15, end="…") }}|{{ "short" | truncate(5) }}',
    '{{ "  x y " | trim }}|{{ "xxaxx" | trim("x") }}|{{ text | replace("o", "0") }}|{{ text | replace("o", "0", 2) }}|{{ text | wordcount }}',
    '{{ "%s has %d of %.2f" | format(name, 3, half) }}{{ "%05.1f|%-4s|%+d|%%" | format(2.345, "a", 4) }}{{ "%s-%s" % (n, yes) }}',
    '{{ text | indent }}|{{ text | indent(2, true) }}|{{ title | escape }}|{{ title | urlencode }}|{{ "a/b c é" | urlencode }}',
    '{{ user | tojson(indent=2) }}{{ [] | tojson(2) }}{{ half | string }}{{ [1, "a", true, none] | string }}',
    '{{ numbers | batch(3) | list | tojson }}{{ numbers | batch(3, 0) | list | tojson }}{{ title | safe }}',
    '{% filter upper %}a{{ n }}b{% endfilter %}',
  ],
  printing: [
    '{{ yes }}{{ no }}{{ nothing }}{{ half }}{{ n }}{{ 4 / 2 }}{{ 7 // 2 }}{{ -7 // 2 }}{{ 7 % 3 }}{{ -7 % 3 }}{{ 2 ** 3 }}{{ 2 ** -1 }}',
    '{{ words }}{{ counts }}{{ user }}{{ (1, "a") }}{{ [1.0, none, "it\'s"] }}{{ ["a\\nb"] }}',
    '{{ yes ~ nothing ~ half ~ words }}{{ 0.1 + 0.2 }}{{ 1 / 3 }}{{ 1 / 10000000 }}{{ 100000000.0 * 1000000000 }}',
    '{{ "a" * 3 }}{{ "a" + "b" }}{{ [1] + [2] }}{{ 1 == 1.0 }}{{ "1" == 1 }}{{ [1] == [1] }}{{ yes == 1 }}{{ 1 != 2 }}',
    '{{ 1 < 2 }}{{ "a" < "b" }}{{ 2 >= 3 }}{{ "b" in words }}{{ "pear" in words }}{{ "ear" in "pear" }}{{ "a" in counts }}{{ "x" not in words }}',
    '{{ not yes }}{{ -n }}{{ +n }}{{ yes and no }}{{ no or n }}{{ not none_at_all }}{{ (n > 2) and (n < 5) }}',
  ],
  texts: [
    '{{ name.upper() }}{{ name.lower() }}{{ name.startswith("O") }}{{ name.endswith(("x", "l")) }}{{ "a,b,,c".split(",") | tojson }}{{ " a  b ".split() | tojson }}',
    '{{ "a-b-c".replace("-", "+") }}{{ "a-b-c".replace("-", "+", 1) }}{{ "abc".title() }}{{ "xay".strip("xy") }}{{ ",".join(words) }}{{ "they\'re o\'neill".title() }}',
    '{{ title[0] }}{{ title[1:3] }}{{ title[-1] }}{{ title[::-1] }}{{ words[1:] | tojson }}{{ words[:1] | tojson }}{{ numbers[::2] | tojson }}{{ "🙂é"[0] }}{{ numbers[-2:] }}',
    '{{ counts.get("a") }}{{ counts.get("x") }}{{ counts.get("x", 0) }}{{ counts.keys() | list | tojson }}{{ counts.values() | list | tojson }}',
    '{{ "a,b,c".split(",", 1) | tojson }}{{ "12".isdigit() }}{{ "Hello".lower().upper() }}{{ {"a": {"b": 1}}.a.b }}',
  ],
  tests: [
    '{{ n is number }}{{ n is odd }}{{ n is even }}{{ title is string }}{{ words is sequence }}{{ counts is mapping }}{{ words is iterable }}',
    '{{ missing is defined }}{{ missing is undefined }}{{ user.x is defined }}{{ nothing is none }}{{ missing is none }}{{ yes is true }}{{ yes is boolean }}{{ n is integer }}{{ half is float }}',
    '{{ "abc" is lower }}{{ "ABC" is upper }}{{ n is not none }}{{ not missing is defined }}{{ "1" is lower }}{{ no is false }}',
  ],
  'white space and blocks': [
    'a\n  {% if yes %}\n b \n{% endif %}\nc\n',
    'a {%- if yes %} b {% endif -%} c',
    '{# a comment #}x{#- another -#} y',
    '  {{- n -}}  ',
    '{% macro tag(label, color="info") %}<{{ label }} {{ color }}>{% endmacro %}{{ tag("a") }}{{ tag("b", color="red") }}',
    '{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set s %}block {{ n }}{% endset %}{{ s | upper }}',
    '{% macro box() %}[{{ caller() }}]{% endmacro %}{% call box() %}in{% endcall %}',
    '{{ "x" if no }}{{ "a" ~ ("x" if no) }}{{ ("x" if no) | default("d") }}{{ "y" if yes }}',
    '{% set xs = [] %}{% set _ = xs.append(1) %}{{ xs }}{% if words %}w{% endif %}{% if none_at_all %}n{% endif %}',
    '{"a": {{ {"b": 1} | tojson }}}}',
  ],
};

describe.each(Object.entries(TEMPLATES))('templates that both render: %s', (_, templates) => {
  it.each(templates.map((template) => [template]))('%s', async (template) => {
    const theirs = await oracle.perform<string>('render_template', { template, data: DATA });
    expect(theirs).toHaveProperty('result');
    expect({ result: compileTemplate(template).render(DATA) }).toEqual(theirs);
  });
});

const BROKEN = [
  '{{ missing }}',
  '{{ missing.x }}',
  '{{ user.nick }}',
  '{{ user.nick.x | default("d") }}',
  '{{ missing or 1 }}',
  '{% if missing %}{% endif %}',
  '{% for x in missing %}{% endfor %}',
  '{{ missing | tojson }}',
  '{{ missing ~ "a" }}',
  '{{ missing == 1 }}',
  '{{ [] | first }}',
  '{{ words[9] }}',
  '{{ ("x" if no) | tojson }}',
  '{{ tasks | map(attribute="nope") | join }}',
  '{{ n | nosuchfilter }}',
  '{{ n is nosuchtest }}',
  '{{ n.upper() }}',
  '{{ 1 / 0 }}',
  '{{ 1 % 0 }}',
  '{{ 1 + "a" }}',
  '{{ words + "a" }}',
  '{{ n < "a" }}',
  '{{ 3 in n }}',
  '{{ n | length }}',
  '{{ title | round }}',
  '{{ "%d" | format("x") }}',
  '{{ "%s" | format() }}',
  '{{ n[1:] }}',
  '{{ words["a"] }}',
  '{{ nothing.x }}',
  '{% break %}',
  '{% for x in words %}{% continue %}{% endfor %}',
  '{% for x in words %}',
  '{% if yes %}a',
  '{{ n',
  '{{ n | }}',
  '{{ (n }}',
  '{% unknown %}',
  '{{ "a }}',
  '{# open',
  '{{ }}',
  '{{ nofunction() }}',
  '{{ title() }}',
  '{{ title.constructor }}',
  '{% set a, b = [1] %}',
  '{% endif %}',
];

it.each(BROKEN.map((template) => [template]))('templates that neither renders: %s', async (template) => {
  const theirs = await oracle.perform('render_template', { template, data: DATA });
  expect(theirs).toHaveProperty('raised');
  expect(() => compileTemplate(template).render(DATA)).toThrow(/\S/);
});

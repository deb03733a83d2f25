import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../../../src/widgets/template/compile.ts';

const LONG = 'x'.repeat(500_000);
const MANY = Array.from({ length: 20_000 }, (_, at) => String((at * 7919) % 20_000));
const forever = (body: string) => `{% for i in range(100000) %}${body}{% endfor %}`;
const STEPS = /takes more than \d+ steps/;
const LENGTH = /writes a text of more than \d+ characters/;

/** No limit below is reached by the clock: what a template costs is counted. */
const PATIENT = { maxSteps: 250_000, maxLength: 1024 * 1024, maxDepth: 500, maxMs: 60_000 };
const render = (template: string, data = {}) => compileTemplate(template, PATIENT).render(data);

describe('a template that would not end or would fill the memory is stopped', () => {
  it.each<[string, string, object, RegExp]>([
    ['loops in loops', forever(forever('')), {}, STEPS],
    [
      'a range without end',
      '{% for i in range(1000000000) %}{% endfor %}',
      {},
      /a range is longer than 100000/,
    ],
    [
      'macros that call themselves',
      '{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}',
      {},
      /nested deeper than 500/,
    ],
    [
      'a text doubled in a loop',
      `{% set n = namespace(s="xx") %}${forever('{% set n.s = n.s ~ n.s %}')}`,
      {},
      STEPS,
    ],
    [
      'a list doubled in a loop',
      `{% set n = namespace(s=[1]) %}${forever('{% set n.s = n.s + n.s %}')}`,
      {},
      STEPS,
    ],
    ['a text times a billion', '{{ "x" * 1000000000 }}', {}, LENGTH],
    ['a list times a billion', '{{ [1] * 1000000000 }}', {}, LENGTH],
    ['a replacement that multiplies', '{{ s | replace("x", s) }}', { s: LONG }, STEPS],
    ['a join that multiplies', '{{ xs | join(s) }}', { xs: MANY, s: LONG }, LENGTH],
    ['a wide indent', '{{ "a\\nb" | indent(1000000000) }}', {}, /the width of indent/],
    ['a wide format', '{{ "%1000000000s" | format("a") }}', {}, /a format is wider/],
    ['a batch of a billion', '{{ [1] | batch(1000000000, 0) | list }}', {}, STEPS],
    ['a power of powers', '{{ 9 ** 9 ** 9 ** 9 }}', {}, /too large/],
    ['slices of a long text', forever('{{ s[1:2] }}'), { s: LONG }, STEPS],
    [
      'comparisons of long lists',
      forever('{% if xs == ys %}{% endif %}'),
      { xs: MANY, ys: [...MANY] },
      STEPS,
    ],
    ['sorting again and again', forever('{{ xs | sort | length }}'), { xs: MANY }, STEPS],
    ['JSON again and again', forever('{{ xs | tojson | length }}'), { xs: MANY }, STEPS],
    [
      'a list within itself',
      '{% set xs = [] %}{% set _ = xs.append(xs) %}{{ xs | tojson }}',
      {},
      /nested too deep/,
    ],
    ['50,000 brackets', `{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`, {}, /nested too deep|stack/],
    [
      '5,000 conditions in each other',
      '{% if a %}'.repeat(5000) + '{% endif %}'.repeat(5000),
      { a: 1 },
      /nested too deep|stack/,
    ],
    ['a long run of blanks', ' '.repeat(200_000), {}, /2000 blanks/],
    ['a long template', 'a b '.repeat(100_000), {}, /longer than 262144/],
  ])('%s', (_, template, data, message) => {
    expect(() => render(template, data)).toThrow(message);
  });

  it('reads no number out of a long text', () => {
    const text = `${'1'.repeat(400_000)}x`;
    expect(render('{{ x|int }} {{ x|float }}', { x: text })).toBe('0 0.0');
  });

  it('by the clock too', () => {
    const limits = { ...PATIENT, maxSteps: Number.POSITIVE_INFINITY, maxMs: 20 };
    expect(() => compileTemplate(forever(forever('')), limits).render({})).toThrow(
      'it takes longer than 20 ms',
    );
  });
});

describe('a template sees its data and nothing else', () => {
  it.each([
    '{{ "".constructor }}',
    '{{ "".constructor.constructor("return process")() }}',
    '{{ x["__proto__"] }}',
    '{{ x.constructor }}',
    '{{ x["toString"] }}',
    '{{ xs["length"] }}',
    '{{ xs.map }}',
    '{{ range.constructor }}',
    '{{ namespace().constructor }}',
    '{{ process }}',
    '{{ globalThis }}',
    '{{ require("fs") }}',
    '{{ self }}',
    '{{ strftime_now("%Y") }}',
    '{{ raise_exception("a") }}',
    '{% include "/etc/passwd" %}',
    '{% import "a" as b %}',
    '{% extends "a" %}',
    '{{ x.get.constructor }}',
    '{{ ("a").__class__.__mro__ }}',
  ])('%s', (template) => {
    expect(() => render(template, { x: {}, xs: [] })).toThrow(
      /undefined|Unknown statement|has no method|not a function/,
    );
  });

  it('and nothing of it stays for the next time', () => {
    const template = compileTemplate('{% set _ = xs.append(1) %}{{ xs }}{{ y is defined }}{% set y = 1 %}');
    const data = { xs: [] };
    expect([template.render(data), template.render(data)]).toEqual(['[1]False', '[1]False']);
    expect(data).toEqual({ xs: [] });
  });
});

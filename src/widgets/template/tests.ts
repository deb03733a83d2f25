import {
  compare,
  isBool,
  isDict,
  isFloat,
  isList,
  isMissing,
  isNone,
  isNumber,
  isSame,
  isText,
  TemplateError,
  type Value,
} from './values.ts';

type Test = (value: Value, wanted: Value | undefined) => boolean;

const isWhole = (value: Value) => isNumber(value) && !isFloat(value);
const parity =
  (rest: number): Test =>
  (value) => {
    if (!isNumber(value)) throw new TemplateError('only a number is odd or even');
    return Math.abs(value.value % 2) === rest;
  };
const against =
  (test: (value: Value, wanted: Value) => boolean): Test =>
  (value, wanted) => {
    if (wanted === undefined) throw new TemplateError('this test needs a value to compare with');
    return test(value, wanted);
  };
const order = (test: (order: number) => boolean) => against((value, wanted) => test(compare(value, wanted)));

const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['defined', (value) => !isMissing(value)],
  ['undefined', isMissing],
  ['none', isNone],
  ['boolean', isBool],
  ['true', (value) => isBool(value) && value.value],
  ['false', (value) => isBool(value) && !value.value],
  ['string', isText],
  ['number', (value) => isNumber(value) || isBool(value)],
  ['integer', isWhole],
  ['float', isFloat],
  ['mapping', isDict],
  ['sequence', (value) => isList(value) || isDict(value) || isText(value)],
  ['iterable', (value) => isList(value) || isDict(value) || isText(value)],
  ['odd', parity(1)],
  ['even', parity(0)],
  ['lower', (value) => isText(value) && hasCase(value.value) && value.value === value.value.toLowerCase()],
  ['upper', (value) => isText(value) && hasCase(value.value) && value.value === value.value.toUpperCase()],
  ['eq', against(isSame)],
  ['equalto', against(isSame)],
  ['==', against(isSame)],
  ['ne', against((value, wanted) => !isSame(value, wanted))],
  ['!=', against((value, wanted) => !isSame(value, wanted))],
  ['lt', order((result) => result < 0)],
  ['lessthan', order((result) => result < 0)],
  ['<', order((result) => result < 0)],
  ['gt', order((result) => result > 0)],
  ['greaterthan', order((result) => result > 0)],
  ['>', order((result) => result > 0)],
  ['le', order((result) => result <= 0)],
  ['<=', order((result) => result <= 0)],
  ['ge', order((result) => result >= 0)],
  ['>=', order((result) => result >= 0)],
  ['in', against((value, wanted) => isList(wanted) && wanted.value.some((one) => isSame(one, value)))],
]);

const hasCase = (value: string) => value.toLowerCase() !== value.toUpperCase();

export const hasTest = (name: string) => TESTS.has(name);

/** `value is name`, or the same for `selectattr` and its like. */
export function runTest(name: string, value: Value, wanted?: Value): boolean {
  const test = TESTS.get(name);
  if (test === undefined) throw new TemplateError(`there is no test ${name}`);
  return test(value, wanted);
}

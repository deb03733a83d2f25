/** A text of a widget that can grow: a `Text` or `Markdown` component. */
export interface GrowingText {
  readonly value: string;
  readonly streaming?: boolean | undefined;
}

/** Longer than any text that a widget can show. */
const MAX_CHARS = 1_000_000;

/**
 * A text component that grows with the text of a model: first as it is given, then with each delta, and at last no
 * longer streaming. What it is given is not changed.
 * @throws RangeError when the text does not come to an end
 */
export async function* accumulateText<Component extends GrowingText>(
  deltas: AsyncIterable<string>,
  component: Component,
): AsyncGenerator<Component> {
  let value = '';
  yield component;
  for await (const delta of deltas) {
    if (delta === '') continue;
    value += delta;
    if (value.length > MAX_CHARS)
      throw new RangeError(`a text of a widget has at most ${MAX_CHARS} characters`);
    yield { ...component, value };
  }
  yield { ...component, value, streaming: false };
}

import { z } from 'zod';

/** Sizes in pixels or spacing units, or any CSS text. */
export const length = z.union([z.number(), z.string()]);

const themeColor = z.strictObject({ dark: z.string(), light: z.string() });

/** A token, a primitive such as `red-100`, any CSS colour, or one for each theme. */
export const color = z.union([z.string(), themeColor]);

const spacingSides = z.strictObject({
  top: length.optional(),
  right: length.optional(),
  bottom: length.optional(),
  left: length.optional(),
  x: length.optional(),
  y: length.optional(),
});
export const spacing = z.union([z.number(), z.string(), spacingSides]);

const edge = z.strictObject({
  size: z.number(),
  color: color.optional(),
  style: z.enum(['solid', 'dashed', 'dotted', 'double', 'groove', 'ridge', 'inset', 'outset']).optional(),
});
const edgeOrWidth = z.union([z.number(), edge]).optional();
const edges = z.strictObject({
  top: edgeOrWidth,
  right: edgeOrWidth,
  bottom: edgeOrWidth,
  left: edgeOrWidth,
  x: edgeOrWidth,
  y: edgeOrWidth,
});
export const border = z.union([z.number(), edge, edges]);

export const radius = z.enum([
  '2xs',
  'xs',
  'sm',
  'md',
  'lg',
  'xl',
  '2xl',
  '3xl',
  '4xl',
  'full',
  '100%',
  'none',
]);
export const alignment = z.enum(['start', 'center', 'end', 'baseline', 'stretch']);
export const justification = z.enum(['start', 'center', 'end', 'between', 'around', 'evenly', 'stretch']);
export const textAlign = z.enum(['start', 'center', 'end']);
export const textSize = z.enum(['xs', 'sm', 'md', 'lg', 'xl']);
export const weight = z.enum(['normal', 'medium', 'semibold', 'bold']);
export const controlVariant = z.enum(['solid', 'soft', 'outline', 'ghost']);
export const inputVariant = z.enum(['soft', 'outline']);
export const controlSize = z.enum(['3xs', '2xs', 'xs', 'sm', 'md', 'lg', 'xl', '2xl', '3xl']);
export const direction = z.enum(['row', 'col']);
export const theme = z.enum(['light', 'dark']);

/**
 * What a component sends when the user acts on it. `handler: 'client'` calls `widgets.onAction` of the page; `server`
 * is a custom action, answered by a stream unless `streaming` is false. The three defaults are sent too.
 */
export const widgetAction = z.strictObject({
  type: z.string(),
  payload: z.unknown().optional(),
  handler: z.enum(['client', 'server']).default('server'),
  loadingBehavior: z.enum(['auto', 'none', 'self', 'container']).default('auto'),
  streaming: z.boolean().default(true),
});

/** What every component may carry. An `id` lets a text stream and names the component of an update. */
export const base = { key: z.string().optional(), id: z.string().optional() };

const measures = {
  height: length.optional(),
  width: length.optional(),
  size: length.optional(),
  minHeight: length.optional(),
  minWidth: length.optional(),
  minSize: length.optional(),
  maxHeight: length.optional(),
  maxWidth: length.optional(),
  maxSize: length.optional(),
  aspectRatio: length.optional(),
};
export const chartMeasures = { ...measures, flex: length.optional() };

const block = { ...measures, radius: radius.optional(), margin: spacing.optional() };
export const image = { ...block, background: color.optional(), flex: length.optional() };

/** Everything of a box but its children. */
export const box = {
  ...block,
  align: alignment.optional(),
  justify: justification.optional(),
  wrap: z.enum(['nowrap', 'wrap', 'wrap-reverse']).optional(),
  flex: length.optional(),
  gap: length.optional(),
  padding: spacing.optional(),
  border: border.optional(),
  background: color.optional(),
};

export const plainText = {
  value: z.string(),
  color: color.optional(),
  weight: weight.optional(),
  textAlign: textAlign.optional(),
  truncate: z.boolean().optional(),
  maxLines: z.number().optional(),
};

export const control = {
  name: z.string(),
  size: controlSize.optional(),
  disabled: z.boolean().optional(),
};

/** What a line and an area of text have in common. */
export const typed = {
  ...control,
  variant: inputVariant.optional(),
  defaultValue: z.string().optional(),
  required: z.boolean().optional(),
  pattern: z.string().optional(),
  placeholder: z.string().optional(),
  autoSelect: z.boolean().optional(),
  autoFocus: z.boolean().optional(),
  allowAutofillExtensions: z.boolean().optional(),
  gutterSize: z.enum(['2xs', 'xs', 'sm', 'md', 'lg', 'xl']).optional(),
};

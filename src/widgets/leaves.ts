import { z } from 'zod';
import { iconName } from '../chatkit/protocol/common.ts';
import * as p from './props.ts';

const on = z.boolean().optional();
const text = z.string().optional();

const titleSize = z.enum(['sm', 'md', 'lg', 'xl', '2xl', '3xl', '4xl', '5xl']);
const editable = z.union([
  z.literal(false),
  z.strictObject({
    name: z.string(),
    autoFocus: on,
    autoSelect: on,
    autoComplete: text,
    allowAutofillExtensions: on,
    pattern: text,
    placeholder: text,
    required: on,
  }),
]);

const textComponent = z.strictObject({
  type: z.literal('Text'),
  ...p.base,
  ...p.plainText,
  streaming: on,
  italic: on,
  lineThrough: on,
  width: p.length.optional(),
  size: p.textSize.optional(),
  minLines: z.number().optional(),
  editable: editable.optional(),
});
const markdown = z.strictObject({
  type: z.literal('Markdown'),
  ...p.base,
  value: z.string(),
  streaming: on,
});
const title = z.strictObject({
  type: z.literal('Title'),
  ...p.base,
  ...p.plainText,
  size: titleSize.optional(),
});
const caption = z.strictObject({
  type: z.literal('Caption'),
  ...p.base,
  ...p.plainText,
  size: z.enum(['sm', 'md', 'lg']).optional(),
});
const label = z.strictObject({
  type: z.literal('Label'),
  ...p.base,
  value: z.string(),
  fieldName: z.string(),
  size: p.textSize.optional(),
  weight: p.weight.optional(),
  textAlign: p.textAlign.optional(),
  color: p.color.optional(),
});
const badge = z.strictObject({
  type: z.literal('Badge'),
  ...p.base,
  label: z.string(),
  color: z.enum(['secondary', 'success', 'danger', 'warning', 'info', 'discovery']).optional(),
  variant: z.enum(['solid', 'soft', 'outline']).optional(),
  size: z.enum(['sm', 'md', 'lg']).optional(),
  pill: on,
});
const icon = z.strictObject({
  type: z.literal('Icon'),
  ...p.base,
  name: iconName,
  color: p.color.optional(),
  size: z.enum(['xs', 'sm', 'md', 'lg', 'xl', '2xl', '3xl']).optional(),
});
const position = z.enum([
  'top left',
  'top',
  'top right',
  'left',
  'center',
  'right',
  'bottom left',
  'bottom',
  'bottom right',
]);
const image = z.strictObject({
  type: z.literal('Image'),
  ...p.base,
  ...p.image,
  src: z.string(),
  alt: text,
  frame: on,
  fit: z.enum(['cover', 'contain', 'fill', 'scale-down', 'none']).optional(),
  position: position.optional(),
  flush: on,
});
const divider = z.strictObject({
  type: z.literal('Divider'),
  ...p.base,
  color: p.color.optional(),
  size: p.length.optional(),
  spacing: p.length.optional(),
  flush: on,
});
const spacer = z.strictObject({ type: z.literal('Spacer'), ...p.base, minSize: p.length.optional() });

const button = z.strictObject({
  type: z.literal('Button'),
  ...p.base,
  submit: on,
  label: text,
  onClickAction: p.widgetAction.optional(),
  iconStart: iconName.optional(),
  iconEnd: iconName.optional(),
  style: z.enum(['primary', 'secondary']).optional(),
  iconSize: z.enum(['sm', 'md', 'lg', 'xl', '2xl']).optional(),
  color: z
    .enum(['primary', 'secondary', 'info', 'discovery', 'success', 'caution', 'warning', 'danger'])
    .optional(),
  variant: p.controlVariant.optional(),
  size: p.controlSize.optional(),
  pill: on,
  uniform: on,
  block: on,
  disabled: on,
});
const checkbox = z.strictObject({
  type: z.literal('Checkbox'),
  ...p.base,
  name: z.string(),
  label: text,
  defaultChecked: on,
  onChangeAction: p.widgetAction.optional(),
  disabled: on,
  required: on,
});
const input = z.strictObject({
  type: z.literal('Input'),
  ...p.base,
  ...p.typed,
  inputType: z.enum(['number', 'email', 'text', 'password', 'tel', 'url']).optional(),
  pill: on,
});
const textarea = z.strictObject({
  type: z.literal('Textarea'),
  ...p.base,
  ...p.typed,
  rows: z.number().optional(),
  autoResize: on,
  maxRows: z.number().optional(),
});
const chooser = {
  ...p.control,
  variant: p.controlVariant.optional(),
  onChangeAction: p.widgetAction.optional(),
  placeholder: text,
  pill: on,
  block: on,
  clearable: on,
};
const select = z.strictObject({
  type: z.literal('Select'),
  ...p.base,
  ...chooser,
  options: z.array(z.strictObject({ value: z.string(), label: z.string(), disabled: on, description: text })),
  defaultValue: text,
  searchable: on,
});
const moment = z.union([z.iso.datetime({ offset: true, local: true }), z.iso.date()]).optional();
const datePicker = z.strictObject({
  type: z.literal('DatePicker'),
  ...p.base,
  ...chooser,
  defaultValue: moment,
  min: moment,
  max: moment,
  side: z.enum(['top', 'bottom', 'left', 'right']).optional(),
  align: z.enum(['start', 'center', 'end']).optional(),
});
const radioGroup = z.strictObject({
  type: z.literal('RadioGroup'),
  ...p.base,
  name: z.string(),
  options: z.array(z.strictObject({ label: z.string(), value: z.string(), disabled: on })).optional(),
  ariaLabel: text,
  onChangeAction: p.widgetAction.optional(),
  defaultValue: text,
  direction: p.direction.optional(),
  disabled: on,
  required: on,
});

const series = { dataKey: z.string(), label: text, color: p.color.optional() };
const curveType = z
  .enum([
    'basis',
    'basisClosed',
    'basisOpen',
    'bumpX',
    'bumpY',
    'bump',
    'linear',
    'linearClosed',
    'natural',
    'monotoneX',
    'monotoneY',
    'monotone',
    'step',
    'stepBefore',
    'stepAfter',
  ])
  .optional();
const chart = z.strictObject({
  type: z.literal('Chart'),
  ...p.base,
  ...p.chartMeasures,
  data: z.array(z.record(z.string(), z.union([z.string(), z.number()]))),
  series: z.array(
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('bar'), ...series, stack: text }),
      z.strictObject({ type: z.literal('area'), ...series, stack: text, curveType }),
      z.strictObject({ type: z.literal('line'), ...series, curveType }),
    ]),
  ),
  xAxis: z.union([
    z.string(),
    z.strictObject({
      dataKey: z.string(),
      hide: on,
      labels: z.record(z.string(), z.string()).optional(),
    }),
  ]),
  showYAxis: on,
  showLegend: on,
  showTooltip: on,
  barGap: z.number().optional(),
  barCategoryGap: z.number().optional(),
});

/** Every component without children. */
export const LEAVES = [
  textComponent,
  markdown,
  title,
  caption,
  label,
  badge,
  icon,
  image,
  divider,
  spacer,
  button,
  checkbox,
  input,
  textarea,
  select,
  datePicker,
  radioGroup,
  chart,
] as const;

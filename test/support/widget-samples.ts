const text = { type: 'Text', value: 'Hi' } as const;
const options = [
  { label: 'One', value: '1' },
  { label: 'Two', value: '2', disabled: true },
] as const;
const action = {
  type: 'go',
  payload: { n: 1 },
  handler: 'server',
  loadingBehavior: 'auto',
  streaming: true,
} as const;

/** One component of every kind, as a builder of widgets writes it. */
export const COMPONENTS = [
  { type: 'Text', value: 'Hi', id: 'body', streaming: true, size: 'sm', weight: 'bold', italic: true },
  { type: 'Title', value: 'Hi', size: '2xl' },
  { type: 'Caption', value: 'Hi', color: { light: 'red-500', dark: '#fff' } },
  {
    type: 'Chart',
    data: [{ day: 'Mo', open: 3, done: 1.5 }],
    series: [
      { type: 'bar', dataKey: 'open', label: 'Open', stack: 'all' },
      { type: 'area', dataKey: 'done', label: 'Done', curveType: 'monotone' },
      { type: 'line', dataKey: 'done', label: 'Done', color: 'blue' },
    ],
    xAxis: { dataKey: 'day', hide: false, labels: { Mo: 'Monday' } },
    showLegend: true,
  },
  { type: 'Badge', label: 'New', color: 'info', pill: true },
  { type: 'Markdown', value: '**Hi**', streaming: false },
  { type: 'Box', direction: 'row', children: [text], padding: { x: 2, top: 1 }, border: { size: 1 } },
  { type: 'Row', gap: 2, align: 'center', children: [text, { type: 'Spacer' }, text] },
  { type: 'Col', justify: 'between', children: [text] },
  { type: 'Divider', spacing: 2, flush: true },
  { type: 'Icon', name: 'bolt', size: 'xl' },
  { type: 'Image', src: 'https://example.com/a.png', alt: 'A', fit: 'cover', aspectRatio: 1.5 },
  { type: 'ListViewItem', children: [text], onClickAction: action, gap: 1 },
  { type: 'Button', label: 'Go', submit: false, iconStart: 'play', style: 'primary', onClickAction: action },
  { type: 'Checkbox', name: 'task', label: 'Done', onChangeAction: action, required: true },
  { type: 'Spacer', minSize: 4 },
  { type: 'Select', name: 'state', options, placeholder: 'State', clearable: true },
  { type: 'DatePicker', name: 'due', clearable: true, side: 'top' },
  { type: 'Form', direction: 'col', onSubmitAction: action, children: [{ type: 'Input', name: 'title' }] },
  { type: 'Input', name: 'title', inputType: 'email', pattern: '.+', autoFocus: true },
  { type: 'Label', value: 'Title', fieldName: 'title' },
  { type: 'RadioGroup', name: 'size', options, ariaLabel: 'Size' },
  { type: 'Textarea', name: 'note', rows: 3, maxRows: 5 },
  { type: 'Transition', children: text },
] as const;

/** A whole widget of every kind. */
export const ROOTS = [
  {
    type: 'Card',
    id: 'root',
    size: 'md',
    children: [text],
    status: { text: 'Ready', icon: 'check' },
    confirm: { label: 'Yes', action },
    cancel: { label: 'No', action },
  },
  { type: 'ListView', limit: 'auto', children: [{ type: 'ListViewItem', children: [text] }] },
  { type: 'Basic', children: [text], anything: { of: 'its own' } },
] as const;

/** A widget around a component, which may stand where it may. */
export function widgetOf(component: (typeof COMPONENTS)[number]): object {
  return component.type === 'ListViewItem'
    ? { type: 'ListView', children: [component] }
    : { type: 'Card', children: [component] };
}

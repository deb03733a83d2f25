import type {
  ListViewItem,
  TableCell,
  TableRow,
  Widget,
  WidgetAction,
  WidgetComponent,
  WidgetOf,
  WidgetType,
} from './components.ts';

/** What a component of this name takes besides its type. */
export type WidgetProps<T extends WidgetType, Given extends string = never> = Omit<
  WidgetOf<T>,
  'type' | Given
>;

/** A child, or nothing: `[title('Tasks'), isAdmin && button('Delete all')]`. */
export type MaybeChild<C> = C | null | undefined | false;
type List<C> = readonly MaybeChild<C>[];

/** `row([…])` or `row({ gap: 2 }, […])` */
interface Container<T extends WidgetType, C> {
  (children?: List<C>): WidgetOf<T>;
  (props: WidgetProps<T, 'children'>, children?: List<C>): WidgetOf<T>;
}

function container<T extends WidgetType, C = WidgetComponent>(type: T): Container<T, C> {
  return (first: object = [], second: List<C> = []) => {
    const [props, children] = Array.isArray(first) ? [{}, first as List<C>] : [first, second];
    return { type, ...props, children: children.filter(Boolean) } as unknown as WidgetOf<T>;
  };
}

/** @returns a component of this type with the named properties and those of `props` */
function leaf<T extends WidgetType>(type: T, given: object, props: object | undefined): WidgetOf<T> {
  return { type, ...given, ...props } as unknown as WidgetOf<T>;
}

export const card = container('Card');
export const listView = container<'ListView', ListViewItem>('ListView');
export const basic = container<'Basic', WidgetComponent | Widget>('Basic');
export const listViewItem = container('ListViewItem');
export const box = container('Box');
export const row = container('Row');
export const col = container('Col');
export const form = container('Form');
export const table = container<'Table', TableRow>('Table');
export const tableRow = container<'Table.Row', TableCell>('Table.Row');
export const tableCell = container('Table.Cell');

/** Animates the change of its one child. */
export function transition(child: WidgetComponent | null, props?: WidgetProps<'Transition', 'children'>) {
  return leaf('Transition', { children: child }, props);
}

/** Streams while its value only grows, if it has an `id`. */
export const text = (value: string, props?: WidgetProps<'Text', 'value'>) => leaf('Text', { value }, props);
/** Streams while its value only grows, if it has an `id`. */
export const markdown = (value: string, props?: WidgetProps<'Markdown', 'value'>) =>
  leaf('Markdown', { value }, props);
export const title = (value: string, props?: WidgetProps<'Title', 'value'>) =>
  leaf('Title', { value }, props);
export const caption = (value: string, props?: WidgetProps<'Caption', 'value'>) =>
  leaf('Caption', { value }, props);
/** @param fieldName the control that it names */
export const label = (
  value: string,
  fieldName: string,
  props?: WidgetProps<'Label', 'value' | 'fieldName'>,
) => leaf('Label', { value, fieldName }, props);
export const badge = (badgeLabel: string, props?: WidgetProps<'Badge', 'label'>) =>
  leaf('Badge', { label: badgeLabel }, props);
export const icon = (name: WidgetOf<'Icon'>['name'], props?: WidgetProps<'Icon', 'name'>) =>
  leaf('Icon', { name }, props);
export const image = (src: string, props?: WidgetProps<'Image', 'src'>) => leaf('Image', { src }, props);
export const divider = (props?: WidgetProps<'Divider'>) => leaf('Divider', {}, props);
export const spacer = (props?: WidgetProps<'Spacer'>) => leaf('Spacer', {}, props);
export const chart = (props: WidgetProps<'Chart'>) => leaf('Chart', {}, props);

export const button = (buttonLabel: string, props?: WidgetProps<'Button', 'label'>) =>
  leaf('Button', { label: buttonLabel }, props);
/** @param name the field of the form values, dots nest */
export const checkbox = (name: string, props?: WidgetProps<'Checkbox', 'name'>) =>
  leaf('Checkbox', { name }, props);
/** @param name the field of the form values, dots nest */
export const input = (name: string, props?: WidgetProps<'Input', 'name'>) => leaf('Input', { name }, props);
/** @param name the field of the form values, dots nest */
export const textarea = (name: string, props?: WidgetProps<'Textarea', 'name'>) =>
  leaf('Textarea', { name }, props);
/** @param name the field of the form values, dots nest */
export const select = (
  name: string,
  options: WidgetOf<'Select'>['options'],
  props?: WidgetProps<'Select', 'name' | 'options'>,
) => leaf('Select', { name, options }, props);
/** @param name the field of the form values, dots nest */
export const radioGroup = (
  name: string,
  options: WidgetOf<'RadioGroup'>['options'],
  props?: WidgetProps<'RadioGroup', 'name' | 'options'>,
) => leaf('RadioGroup', { name, options }, props);
/** @param name the field of the form values, dots nest */
export const datePicker = (name: string, props?: WidgetProps<'DatePicker', 'name'>) =>
  leaf('DatePicker', { name }, props);

/** What a component sends when the user acts on it: `action('task.done', { id })`. */
export function action(
  type: string,
  payload?: unknown,
  options?: Omit<WidgetAction, 'type' | 'payload'>,
): WidgetAction {
  return { type, ...(payload === undefined ? {} : { payload }), ...options };
}

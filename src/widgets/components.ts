import { z } from 'zod';
import { iconName } from '../chatkit/protocol/common.ts';
import { LEAVES } from './leaves.ts';
import * as p from './props.ts';

/** What a component sends when the user acts on it. */
export type WidgetAction = z.input<typeof p.widgetAction>;
type Leaf = z.input<(typeof LEAVES)[number]>;
type Props<T extends z.core.$ZodShape> = z.input<z.ZodObject<T>>;
/** What every component may carry. */
export interface WidgetBase {
  key?: string | undefined;
  id?: string | undefined;
}

const layout = { ...p.box, direction: p.direction.optional() };
const form = { ...layout, onSubmitAction: p.widgetAction.optional() };
const listViewItem = {
  onClickAction: p.widgetAction.optional(),
  gap: p.length.optional(),
  align: p.alignment.optional(),
};
const cellSize = z.enum(['xs', 'sm', 'md', 'lg', 'xl']);
const tableCell = {
  width: p.length.optional(),
  padding: p.spacing.optional(),
  colSpan: z.number().optional(),
  rowSpan: z.number().optional(),
  align: p.textAlign.optional(),
  vAlign: p.textAlign.optional(),
  colSize: cellSize.optional(),
};
const tableRow = { header: z.boolean().optional() };

const status = z.union([
  z.strictObject({ text: z.string(), icon: iconName.optional() }),
  z.strictObject({ text: z.string(), favicon: z.string().optional(), frame: z.boolean().optional() }),
]);
const cardAction = z.strictObject({ label: z.string(), action: p.widgetAction });
const card = {
  asForm: z.boolean().optional(),
  background: p.color.optional(),
  border: p.border.optional(),
  size: z.enum(['sm', 'md', 'lg', 'full']).optional(),
  padding: p.spacing.optional(),
  status: status.optional(),
  collapsed: z.boolean().optional(),
  confirm: cardAction.optional(),
  cancel: cardAction.optional(),
  theme: p.theme.optional(),
};
const listView = {
  limit: z.union([z.number(), z.literal('auto')]).optional(),
  status: status.optional(),
  theme: p.theme.optional(),
};
const basic = {
  theme: p.theme.optional(),
  direction: p.direction.optional(),
  gap: p.length.optional(),
  padding: p.spacing.optional(),
  align: p.alignment.optional(),
  justify: p.justification.optional(),
};

interface Parent<T extends string, C> extends WidgetBase {
  type: T;
  children?: C | undefined;
}
type Children = readonly WidgetComponent[];
export type ListViewItem = WidgetBase & { type: 'ListViewItem'; children: Children } & Props<
    typeof listViewItem
  >;
export type TableCell = Parent<'Table.Cell', Children> & Props<typeof tableCell>;
export type TableRow = Parent<'Table.Row', readonly TableCell[]> & Props<typeof tableRow>;
type Container =
  | (Parent<'Box', Children> & Props<typeof layout>)
  | (Parent<'Row', Children> & Props<typeof p.box>)
  | (Parent<'Col', Children> & Props<typeof p.box>)
  | (Parent<'Form', Children> & Props<typeof form>)
  | (WidgetBase & { type: 'Transition'; children?: WidgetComponent | null | undefined })
  | Parent<'Table', readonly TableRow[]>
  | ListViewItem
  | TableRow
  | TableCell;

/** Any component of a widget, as an author writes it. */
export type WidgetComponent = Leaf | Container;

/** A whole widget, as an author writes it: a `Card`, a `ListView` or a `Basic`. */
export type Widget =
  | (WidgetBase & { type: 'Card'; children: Children } & Props<typeof card>)
  | (WidgetBase & { type: 'ListView'; children: readonly ListViewItem[] } & Props<typeof listView>)
  | (Parent<'Basic', WidgetComponent | Widget | readonly (WidgetComponent | Widget)[]> & Props<typeof basic>);

/** Every name of a component, roots included. */
export type WidgetType = (WidgetComponent | Widget)['type'];

/** The component of this name. */
export type WidgetOf<T extends WidgetType> = Extract<WidgetComponent | Widget, { type: T }>;

const any = z.lazy(() => widgetComponentSchema);
const anyChildren = z.array(any);
const rows = z.array(z.lazy(() => ROW));
const cells = z.array(z.lazy(() => CELL));
const listItems = z.array(z.lazy(() => LIST_ITEM));

function component<T extends WidgetType, S extends z.core.$ZodShape, C extends z.ZodType>(
  type: T,
  shape: S,
  children: C,
) {
  return z.strictObject({ type: z.literal(type), ...p.base, children, ...shape });
}

const CELL = component('Table.Cell', tableCell, anyChildren.optional());
const ROW = component('Table.Row', tableRow, cells.optional());
const LIST_ITEM = component('ListViewItem', listViewItem, anyChildren);
const CARD = component('Card', card, anyChildren);
const LIST_VIEW = component('ListView', listView, listItems);
const BASIC = component('Basic', basic, z.lazy(() => z.union([z.array(anyOrRoot), anyOrRoot])).optional());

const COMPONENTS = [
  ...LEAVES,
  component('Box', layout, anyChildren.optional()),
  component('Row', p.box, anyChildren.optional()),
  component('Col', p.box, anyChildren.optional()),
  component('Form', form, anyChildren.optional()),
  component('Transition', {}, any.optional()),
  component('Table', {}, rows.optional()),
  LIST_ITEM,
  ROW,
  CELL,
] as const;
const ROOTS = [CARD, LIST_VIEW, BASIC] as const;

/** Strict: a misspelt name is a mistake. What arrives from other services is never measured by it. */
export const widgetComponentSchema: z.ZodType<WidgetComponent> = z.lazy(() =>
  z.discriminatedUnion('type', COMPONENTS),
);
export const widgetSchema: z.ZodType<Widget> = z.lazy(() => z.discriminatedUnion('type', ROOTS));
const anyOrRoot: z.ZodType<WidgetComponent | Widget> = z.lazy(() =>
  z.discriminatedUnion('type', [...COMPONENTS, ...ROOTS]),
);

/** The schema of each component, roots included, by its name. */
export const COMPONENT_SCHEMAS: ReadonlyMap<string, z.ZodObject> = new Map(
  [...COMPONENTS, ...ROOTS].map((schema) => [schema.shape.type.value, schema as unknown as z.ZodObject]),
);

import { z } from 'zod';

/** Icons of the ChatKit interface; `vendor:` and `lucide:` open the rest of two icon sets. */
const ICON_NAMES = [
  'agent',
  'analytics',
  'atom',
  'batch',
  'bolt',
  'book-open',
  'book-closed',
  'book-clock',
  'bug',
  'calendar',
  'chart',
  'check',
  'check-circle',
  'check-circle-filled',
  'chevron-left',
  'chevron-right',
  'circle-question',
  'clock',
  'compass',
  'confetti',
  'cube',
  'desktop',
  'document',
  'dot',
  'dots-horizontal',
  'dots-vertical',
  'empty-circle',
  'external-link',
  'globe',
  'keys',
  'lab',
  'images',
  'info',
  'lifesaver',
  'lightbulb',
  'mail',
  'map-pin',
  'maps',
  'mobile',
  'name',
  'notebook',
  'notebook-pencil',
  'page-blank',
  'phone',
  'play',
  'plus',
  'profile',
  'profile-card',
  'reload',
  'star',
  'star-filled',
  'search',
  'sparkle',
  'sparkle-double',
  'square-code',
  'square-image',
  'square-text',
  'suitcase',
  'settings-slider',
  'user',
  'wreath',
  'write',
  'write-alt',
  'write-alt2',
] as const;

export const iconName = z
  .union([
    z.enum(ICON_NAMES),
    z.templateLiteral(['vendor:', z.string()]),
    z.templateLiteral(['lucide:', z.string()]),
  ])
  .meta({ id: 'IconName' });

/** ISO 8601 with an offset, always UTC on output. */
export const timestamp = z.iso.datetime({ offset: true }).meta({ example: '2026-01-31T09:30:00.000Z' });

export const jsonObject = z.record(z.string(), z.unknown());

/** A page of records. `after` names the last stored record, which can be one that was not sent. */
export function pageOf<T extends z.ZodType>(record: T) {
  return z.object({ data: z.array(record), has_more: z.boolean(), after: z.string().optional() });
}

export interface Page<T> {
  data: T[];
  has_more: boolean;
  after?: string | undefined;
}

const sourceBase = {
  title: z.string(),
  description: z.string().optional(),
  timestamp: z.string().optional(),
  group: z.string().optional(),
};

export const urlSource = z.object({
  type: z.literal('url'),
  ...sourceBase,
  url: z.string(),
  attribution: z.string().optional(),
});
export const fileSource = z.object({ type: z.literal('file'), ...sourceBase, filename: z.string() });
export const entitySource = z.object({
  type: z.literal('entity'),
  ...sourceBase,
  id: z.string(),
  icon: iconName.optional(),
  label: z.string().optional(),
  inline_label: z.string().optional(),
  interactive: z.boolean(),
  data: jsonObject,
});

export const source = z
  .discriminatedUnion('type', [urlSource, fileSource, entitySource])
  .meta({ id: 'Source' });
export type Source = z.infer<typeof source>;

export const annotation = z
  .object({ type: z.literal('annotation'), source, index: z.int().optional() })
  .meta({ id: 'Annotation' });
export type Annotation = z.infer<typeof annotation>;

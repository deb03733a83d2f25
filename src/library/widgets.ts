export * from '../widgets/builders.ts';
export { diffWidget, type DiffOptions, type WidgetUpdate } from '../widgets/diff.ts';
export { parseWidget, type WidgetJson, type WidgetLimits } from '../widgets/parse-widget.ts';
export {
  growWidget,
  streamWidget,
  type NewWidgetItem,
  type StreamWidgetOptions,
  type WidgetState,
} from '../widgets/stream-widget.ts';
export { widgetFromFile, widgetFromJson, type WidgetTemplate } from '../widgets/widget-file.ts';

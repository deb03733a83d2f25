import { rowsOf, type PythonBehaviour } from './row.ts';

const store = rowsOf('test_store.py');
const widgets = rowsOf('test_widgets.py');
const icons = rowsOf('test_icons.py');

/** Each of the first fifteen runs over two stores there, and over two databases here. */
export const STORE_BEHAVIOURS: readonly PythonBehaviour[] = [
  store.covered(
    'test_save_and_load_thread_metadata',
    'a thread is read as it was stored',
    'gives back every field as it was stored',
  ),
  store.covered(
    'test_save_and_load_thread_metadata_null_title',
    'a thread without a title has none when it is read',
    'changes what an update names, clears what is null, and keeps the rest',
  ),
  store.covered(
    'test_update_thread_metadata',
    'a changed title is stored',
    'changes what an update names, clears what is null, and keeps the rest',
  ),
  store.covered(
    'test_save_and_load_thread_items',
    'items of several kinds are read as they were stored',
    'gives back JSON exactly: nulls, the order of keys, NUL, lone surrogates and deep nesting',
  ),
  store.covered(
    'test_overwrite_thread_metadata',
    'a thread that is stored again is changed, not doubled',
    'changes what an update names, clears what is null, and keeps the rest',
  ),
  store.covered(
    'test_save_and_load_file',
    'a file is read as it was stored',
    'gives back what was stored, and notes what its content is once it is complete',
  ),
  store.covered(
    'test_save_and_load_image',
    'an image is read as it was stored, with its metadata',
    'gives back what was stored, and notes what its content is once it is complete',
  ),
  store.covered(
    'test_load_threads',
    'threads come in order, in pages with a cursor',
    'pages through threads in both orders',
  ),
  store.covered(
    'test_thread_items_ordering',
    'items come in both orders',
    'pages through items in both orders',
  ),
  store.covered(
    'test_thread_items_offset',
    'items come in pages after an item',
    'pages through items in both orders',
  ),
  store.covered(
    'test_save_and_load_item',
    'an item that is stored again is replaced',
    'replaces an item in place',
  ),
  store.covered(
    'test_load_nonexistent_item',
    'an item that is not there is not found',
    'does not know an item that was never stored',
  ),
  store.covered(
    'test_thread_isolation_by_user',
    'another user does not find the thread',
    'A55: to another owner a thread and its items are the same as ones that do not exist',
  ),
  store.covered(
    'test_thread_items_isolation_by_user',
    'another user does not find the items',
    'A55: to another owner a thread and its items are the same as ones that do not exist',
    'A55: an own thread does not open the items of another owner',
  ),
  store.covered(
    'test_default_id_generators_use_default_prefixes',
    'ids begin with what they are of',
    'an id begins with what it is of, as those of openai-chatkit do',
  ),
  store.pythonOnly(
    'test_overridden_id_generators_are_used',
    'a store may make ids its own way',
    'An id that can be guessed is a mistake of authorisation, so ids are always 128 random bits.',
  ),
];

export const WIDGET_BEHAVIOURS: readonly PythonBehaviour[] = [
  widgets.covered(
    'test_diff',
    'what changed of a widget is a delta of a text or the whole (8 cases)',
    'nothing changed',
    'text grew',
    'text grew and streaming ended',
    'text was replaced',
    'the updates are those of the reference, but for growth that it cannot name',
  ),
  widgets.covered(
    'test_json_dump_excludes_none_fields',
    'what a widget does not set is left out',
    'widgets with Text, Title, Caption, Chart, Badge, Markdown',
  ),
  widgets.covered(
    'test_json_dump_excludes_none_fields_nested',
    'what the components of a widget item do not set is left out',
    'widgets with Text, Title, Caption, Chart, Badge, Markdown',
  ),
  widgets.covered(
    'test_widget_template_from_file',
    'a .widget file is rendered with its data (4 cases)',
    'a card without data',
    'a list',
    'is built to what the reference builds, for any data that its schema allows',
  ),
  widgets.covered(
    'test_widget_template_build_with_basic_root',
    'a .widget file can have a Basic root',
    'a basic root with one child',
  ),
  widgets.pythonOnly(
    'test_widget_template_build_basic_is_deprecated',
    'a deprecated method warns',
    'There was never such a method here.',
  ),
];

export const ICON_BEHAVIOURS: readonly PythonBehaviour[] = [
  icons.covered(
    'test_vendor_icon_names_are_valid',
    'vendor: opens an icon set',
    'the schemas know every icon of openai-chatkit, and no other',
  ),
  icons.covered(
    'test_literal_icon_names_are_valid',
    'icons have names',
    'the schemas know every icon of openai-chatkit, and no other',
  ),
  icons.covered(
    'test_invalid_icon_names_are_rejected',
    'other names are refused',
    'the schemas know every icon of openai-chatkit, and no other',
  ),
];

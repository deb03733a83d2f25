import { rowsOf } from './row.ts';

const { covered, pythonOnly } = rowsOf('test_chatkit_server.py');

export const SERVER_BEHAVIOURS = [
  covered(
    'test_stream_cancellation_persists_pending_assistant_message_and_hidden_context',
    'a cancelled reply keeps the text that was shown, and a hidden note after it',
    'a stop within a message, where the store is at hand',
    'a stop within two messages, where the store is at hand',
  ),
  covered(
    'test_stream_cancellation_does_not_persist_pending_empty_assistant_message',
    'a cancelled reply without text keeps the hidden note only',
    'a stop within an empty message, where the store is at hand',
    'a stop within a message of blanks, where the store is at hand',
  ),
  covered(
    'test_workflow_task_not_duplicated_on_done_event',
    'what is folded for a stop does not change the item that the responder goes on using',
    'keeps the event of a responder as it is',
    'what the responder adds to an item that it goes on using is there once',
  ),
  covered(
    'test_flows_context_to_responder',
    'who asks is known to the responder and to what is told of feedback',
    'knows who asked, what for and in which language: replies, actions and feedback',
  ),
  covered(
    'test_creates_thread',
    'a new thread without a title is sent, then the message with its quoted text',
    'a thread is made by its first message',
    'quoted text, tags and options reach the responder',
  ),
  covered(
    'test_saves_thread_title',
    'a title set by the responder is stored, and thread.updated comes last',
    'the title is set before anything is said',
    'a title is read and changed',
  ),
  covered(
    'test_saves_thread_metadata',
    'metadata set by the responder are stored and told',
    'the metadata are set',
  ),
  covered(
    'test_saves_thread_locked_fields',
    'a lock with its reason is stored and told',
    'the thread is locked with a reason',
  ),
  covered(
    'test_saves_allowed_image_domains_and_streams_thread_updated',
    'image domains set by the responder are stored and told',
    'image domains are set, changed and taken away',
  ),
  covered(
    'test_omits_unset_allowed_image_domains_in_created_and_updated_json_events',
    'image domains that are not set are left out of both events',
    'a thread is made by its first message',
    'the title is set before anything is said',
  ),
  covered(
    'test_emits_thread_updated_mid_stream_and_persists',
    'a change between two items is told right after the second, and the stream goes on',
    'the title is set before, between and after',
  ),
  covered(
    'test_respond_with_tool_call',
    'a reply ends with a call of a client tool, whose answer lets it go on',
    'a pending call is the last thing of a turn',
    'a client tool answers {"ok":true}',
  ),
  covered(
    'test_respond_with_tool_status',
    'progress is streamed between other events',
    'every event that is no item',
  ),
  covered(
    'test_list_threads_response',
    'threads come newest first, 20 to a page, and the rest after the last id',
    'threads in pages',
  ),
  covered(
    'test_list_items_response',
    'items come newest first, 20 to a page, and the rest after the last id',
    'items in pages',
  ),
  covered(
    'test_calls_action',
    'an action gets its widget and streams an update of it, without a message of the user',
    'an action of a widget changes it',
    'an action shows its widget otherwise and stores nothing',
  ),
  covered(
    'test_add_structured_input_replaces_item_with_custom_answer_and_resumes_response',
    'answers replace the question, are stored, and the reply goes on without a message',
    'a question: all',
    'a question: values that are no option',
  ),
  covered(
    'test_add_structured_input_treats_omitted_answers_as_skipped',
    'a question without an answer is skipped',
    'a question: some',
    'a question: none',
  ),
  covered(
    'test_add_structured_input_ignores_unknown_answer_ids',
    'answers to what was not asked are ignored',
    'a question: unknown questions',
  ),
  covered(
    'test_add_structured_input_truncates_extra_single_choice_values',
    'a single choice keeps its first value, also in the store',
    'a question: too many values for a single choice',
  ),
  covered(
    'test_calls_action_sync',
    'a synchronous action gets its widget and answers with the changed one',
    'a synchronous action returns its widget',
  ),
  covered(
    'test_add_feedback',
    'feedback names the thread, the items and the opinion',
    'feedback of one item and of several',
  ),
  covered(
    'test_get_thread_by_id',
    'a thread comes with its title and its first items',
    'a title is read and changed',
  ),
  covered(
    'test_create_file',
    'a file is announced and gets a place to upload it; its metadata are not sent',
    'are announced first and uploaded then, without a token',
  ),
  covered(
    'test_create_image_file',
    'an image has a preview too',
    'A55: are uploaded, used, previewed without a token, and listed with fresh addresses',
  ),
  covered(
    'test_user_message_attachment_metadata_not_serialized',
    'metadata of files in a message are not sent',
    'A55: are uploaded, used, previewed without a token, and listed with fresh addresses',
  ),
  covered(
    'test_user_message_attachment_thread_id_persisted_on_thread_create',
    'a file of the first message belongs to the new thread',
    'A55: are uploaded, used, previewed without a token, and listed with fresh addresses',
  ),
  covered(
    'test_user_message_attachment_thread_id_persisted_on_add_user_message',
    'a file of a message belongs to its thread',
    'belongs to the thread that uses it first, and to no other one',
  ),
  covered(
    'test_create_file_without_filestore',
    'files are refused where they are not set up',
    'a service that is not told of files gets none',
  ),
  covered('test_delete_file', 'a file is deleted', 'are deleted by their owner, and with their thread'),
  covered(
    'test_delete_file_without_filestore',
    'a deletion is refused where files are not set up',
    'a service that is not told of files gets none',
  ),
  covered('test_list_threads_paginated_response', 'a second page begins after the first', 'threads in pages'),
  covered(
    'test_threads_update_request',
    'a rename answers with the renamed thread',
    'a title is read and changed',
  ),
  covered(
    'test_returns_widget_item_generator',
    'a widget whose text grows is sent as deltas, and whole in the end',
    'widget.streaming_text.value_delta: of an item that is being written, one that is done, and one that is not there',
  ),
  covered(
    'test_returns_widget_item_generator_full_replace',
    'a widget whose text is another one is sent anew',
    'widget.root.updated: of an item that is being written, one that is done, and one that is not there',
  ),
  covered('test_delete_thread', 'a deleted thread is gone', 'a thread is deleted'),
  covered(
    'test_thread_item_removed_event_removes_item',
    'an item that is removed is gone from the store too',
    'items of an earlier turn are replaced and removed',
    'an item is added and removed',
  ),
  covered(
    'test_raising_in_responder_yields_error_event',
    'an exception is an error event that allows a retry, after what was said before',
    'an error of another kind, after an item',
  ),
  covered(
    'test_thread_item_replaced_event_replaces_item',
    'an item that is replaced is told and stored',
    'assistant_message: added, done, replaced, replaced again and removed',
    'items of an earlier turn are replaced and removed',
  ),
  covered(
    'test_thread_item_replaced_event_with_widget',
    'a widget can stand in the place of another item',
    'widget: added, done, replaced, replaced again and removed',
    'items of an earlier turn are replaced and removed',
  ),
  covered(
    'test_retry_after_item',
    'a retry runs the responder on the same message and replaces what it had said',
    'a retry of the only message',
  ),
  covered(
    'test_retry_after_item_invalid_item',
    'a retry of what is no message of the user is refused',
    'a retry of what is no message of the user',
  ),
  covered(
    'test_retry_after_item_with_multiple_messages',
    'a retry of the last message leaves what came before it',
    'a retry of the last of several',
  ),
  covered(
    'test_threads_create_passes_tools_to_responder',
    'the tool that the user picked for a first message reaches the responder',
    'the tool and the model that the user picked reach the responder',
  ),
  covered(
    'test_input_transcribe_decodes_base64_and_normalizes_mime_type',
    'a recording is decoded, and its type is read without its parameters',
    'gives the text, as the models of openai-chatkit have it',
  ),
  covered(
    'test_retry_after_item_passes_tools_to_responder',
    'empty; by its name: a retry has the tool that the message was sent with',
    'the tool and the model that the user picked reach the responder',
  ),
  covered(
    'test_threads_add_message_passes_tools_to_responder',
    'the tool that the user picked for a later message reaches the responder',
    'the tool and the model that the user picked reach the responder',
  ),
  pythonOnly(
    'test_custom_id_generators_on_server',
    'a store may make ids its own way',
    'An id that can be guessed is a mistake of authorisation, so ids are always 128 random bits.',
  ),
];

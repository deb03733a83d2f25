import { rowsOf } from './row.ts';

const { covered, pythonOnly } = rowsOf('test_agents.py');
const STREAM = 'what a model streams becomes the events that openai-chatkit makes of it';

export const AGENT_BEHAVIOURS = [
  covered(
    'test_returns_widget_item',
    'a tool shows a widget, which is done at once',
    'is one event, with its copy text',
  ),
  covered(
    'test_returns_widget_item_generator',
    'a tool streams a widget whose text grows',
    'streams a widget while it runs',
    'is added, updated by what changed, and done as it was last',
  ),
  covered(
    'test_returns_widget_full_replace_generator',
    'a tool streams a widget that becomes another one',
    'another id',
    'is added, updated by what changed, and done as it was last',
  ),
  covered(
    'test_client_tool_call_uses_raw_function_call_id',
    'a call of a client tool has the id of the model’s call',
    'ends the turn as the last item, and the agent goes on with what came of it',
  ),
  covered(
    'test_accumulate_text',
    'the text of a model grows in a widget, and is no longer streaming in the end',
    'shows a text as it is written',
  ),
  covered(
    'test_input_item_converter_quotes_last_user_message',
    'quoted text is given for the last message only',
    'quotes only in the last message',
  ),
  covered(
    'test_input_item_converter_to_input_items_mixed',
    'messages, replies of several parts and widgets come in order, a widget as its JSON',
    'is the conversation, oldest first',
    'has widgets as JSON, tasks and workflows as a sentence, forms as questions and answers',
  ),
  covered(
    'test_input_item_converter_user_input_with_tags',
    'a tag is @text in the message, and what it stands for is said beside it',
    'joins the text of a message, writes tags as @text, and says once what each tag stands for',
  ),
  pythonOnly(
    'test_input_item_converter_user_input_with_tags_throws_by_default',
    'a converter must be written before tags can be used',
    'Tags are converted out of the box, with their data.',
  ),
  covered(
    'test_input_item_converter_generated_image_item',
    'a generated image is given to the model, with a sentence about it',
    'generated images are given themselves, the newest first, as far as there is room',
  ),
  covered(
    'test_input_item_converter_generated_image_item_without_image',
    'an image that was never finished is left out',
    'says nothing of a picture that was never finished',
  ),
  covered(
    'test_input_item_converter_for_hidden_context_with_string_content',
    'hidden text is wrapped and marked as not shown',
    'wraps hidden context and marks it as not shown',
  ),
  covered(
    'test_input_item_converter_for_hidden_context_with_non_string_content',
    'other hidden content needs a converter',
    'wraps hidden context and marks it as not shown',
  ),
  covered(
    'test_input_item_converter_with_client_tool_call',
    'a completed call is a call and its output, a pending one is left out, a task is a sentence',
    'has completed client tool calls with their outputs, and no pending ones',
    'has widgets as JSON, tasks and workflows as a sentence, forms as questions and answers',
  ),
  covered(
    'test_input_item_converter_with_structured_input',
    'questions and answers are lines, with those that were skipped',
    'has widgets as JSON, tasks and workflows as a sentence, forms as questions and answers',
  ),
  covered(
    'test_stream_agent_response_yields_context_events_without_streaming_events',
    'what a tool shows is streamed while the model is silent',
    'streams a widget while it runs',
  ),
  covered(
    'test_stream_agent_response_maps_events',
    'events of tools and of the model come in one stream',
    'shows items between the steps and the words of the agent',
  ),
  covered(
    'test_event_mapping',
    'parts, deltas, ends and citations of a message become the four updates (4 cases)',
    STREAM,
    'a message of two parts',
    'every kind of citation',
  ),
  covered(
    'test_stream_agent_response_emits_annotation_added_events',
    'citations of files, containers and pages become sources with their places',
    STREAM,
    'every kind of citation',
  ),
  covered(
    'test_stream_agent_response_annotation_added_normalizes_annotations',
    'a citation of nothing is dropped, and the places of the others have no gap',
    STREAM,
    'citations that cannot be shown',
  ),
  covered(
    'test_custom_annotation_conversion_used_by_stream_agent_response',
    'a team converts citations itself',
    'a converter of citations decides what is shown of each, in the stream and in what is kept',
  ),
  covered(
    'test_stream_agent_response_yields_item_removed_event',
    'a tripwire of the input or the output removes every item of the run (2 cases)',
    'of the output take back everything that the reply produced',
    'of the input stop a reply that is already being written',
  ),
  covered(
    'test_stream_agent_response_assistant_message_content_types',
    'texts and refusals are parts of one message, with their citations',
    STREAM,
    'every kind of citation',
    'a refusal',
  ),
  covered(
    'test_stream_agent_response_image_generation_events',
    'an image is added empty, and done with its data',
    STREAM,
    'a picture alone',
  ),
  covered(
    'test_stream_agent_response_image_generation_events_with_custom_converter',
    'a team turns the data of an image into an address',
    'gives the address, however long it takes, and the order of events stays',
  ),
  covered(
    'test_stream_agent_response_image_generation_partial_progress',
    'frames of an image come with the progress',
    STREAM,
    'a picture with frames',
  ),
  covered(
    'test_workflow_streams_first_thought',
    'reasoning is a workflow whose first thought streams and whose later ones come whole',
    STREAM,
    'several thoughts',
    'is a workflow whose thoughts stream and which closes with its duration',
  ),
  covered(
    'test_workflow_ends_on_message',
    'a visible item ends the workflow, which has its duration and is folded',
    STREAM,
    'a thought before a text',
  ),
  covered(
    'test_existing_workflow_summary_not_overwritten_on_automatic_end',
    'a summary that a tool gave to the workflow stays',
    'a workflow that is given a summary keeps it when it ends, and another one says how long it took',
  ),
];

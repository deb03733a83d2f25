import { Readable } from 'node:stream';
import type { BackendStream, ChatContext, FrameFlow, FrameSink } from '../chat/backend.ts';
import type { ErrorEvent } from '../chatkit/protocol/events.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { toGatewayError } from '../errors/normalise.ts';
import type { Text } from '../texts/texts.ts';
import { createTranslator } from '../texts/translator.ts';
import { decodeEvents } from './decode-events.ts';
import { createFrameSplitter } from './frame-splitter.ts';
import { createKnownEvents } from './known-events.ts';
import { fromReadable, type PushSink, type PushSource } from './push-source.ts';
import { isPlainBody, openBody } from './read-body.ts';
import { toRefusal } from './refusal.ts';
import type { ArrivingAnswer } from './upstream/arriving-answer.ts';

const CUT_STREAM: Text = 'The connection to the chat service was lost. Please try again.';

interface ForwardedStream {
  readonly unknownEvents: 'pass' | 'drop';
  readonly runId: string;
  readonly response: Promise<ArrivingAnswer>;
  readonly context: ChatContext;
}

/**
 * The stream of a service, frame by frame, ended with an `error` event when the service refuses late, falls silent or
 * breaks off. A frame that is not complete then is left out.
 */
export function forwardStream(options: ForwardedStream): BackendStream {
  const flow = (sink: FrameSink) => startFlow(options, sink);
  const chunks = () => toIterable(flow);
  return { runId: options.runId, chunks, flow, events: () => decodeEvents(chunks()) };
}

function startFlow(options: ForwardedStream, sink: FrameSink): FrameFlow {
  const { response, context } = options;
  let source: PushSource | undefined;
  let isStopped = false;
  const fail = (error: unknown) => {
    if (!isStopped && !context.signal.aborted) {
      context.logger.error({ err: error }, 'the stream of the service failed');
      sink.write(`data: ${JSON.stringify(toErrorEvent(error, context.locale))}\n\n`);
    }
    sink.end();
  };
  const begin = async () => {
    const answer = await response;
    source = answer;
    if (isStopped) answer.destroy();
    else if (!isEventStream(answer)) throw await toRefusal(answer.toResponse());
    else {
      source = isPlainBody(answer.headers) ? answer : fromReadable(openBody(answer.toResponse()));
      source.start(wholeFrames(source, toFilter(options), sink, fail));
    }
  };
  begin().catch(fail);
  return {
    resume: () => source?.resume(),
    stop() {
      isStopped = true;
      source?.destroy();
    },
  };
}

export function isEventStream({ statusCode, headers }: ArrivingAnswer): boolean {
  const type = String(headers['content-type'] ?? '').toLowerCase();
  return statusCode === 200 && type.startsWith('text/event-stream');
}

/** What becomes of whole frames on their way. */
type Filter = (frames: Uint8Array) => Uint8Array;

function toFilter({ unknownEvents, context }: ForwardedStream): Filter {
  if (unknownEvents === 'pass') return (frames) => frames;
  return createKnownEvents((type) =>
    context.logger.warn(
      { event: 'event-dropped', type: type.slice(0, 100) },
      'the service sent an event that is not known here',
    ),
  );
}

function wholeFrames(
  source: PushSource,
  filter: Filter,
  sink: FrameSink,
  fail: (error: unknown) => void,
): PushSink {
  const frames = createFrameSplitter();
  return {
    write(chunk) {
      try {
        const whole = frames.push(chunk);
        const complete = whole.length === 0 ? whole : filter(whole);
        return complete.length === 0 || sink.write(complete);
      } catch (error) {
        source.destroy();
        fail(error);
        return false;
      }
    },
    end() {
      const rest = frames.rest();
      if (rest.length > 0) sink.write(rest);
      sink.end();
    },
    fail,
  };
}

/** The frames for a reader that takes them at its own time. */
function toIterable(start: (sink: FrameSink) => FrameFlow): AsyncIterable<Uint8Array | string> {
  let flow: FrameFlow | undefined;
  return new Readable({
    objectMode: true,
    construct(done) {
      flow = start({
        write: (chunk) => this.push(chunk),
        end: () => void this.push(null),
        fail: (error) => void this.destroy(error instanceof Error ? error : new Error(String(error))),
      });
      done();
    },
    read: () => flow?.resume(),
    destroy(error, done) {
      flow?.stop();
      done(error);
    },
  });
}

function toErrorEvent(error: unknown, locale: string): ErrorEvent {
  if (!(error instanceof GatewayError)) {
    return {
      type: 'error',
      code: 'custom',
      message: createTranslator(locale)(CUT_STREAM),
      allow_retry: true,
    };
  }
  const { status, detail, title } = toGatewayError(error);
  const mayRetry = status >= 500 || status === 408 || status === 429;
  const message = status < 500 && detail !== undefined ? detail : `${title}.`;
  return { type: 'error', code: 'custom', message, allow_retry: mayRetry };
}

import { GatewayError } from '../../errors/gateway-error.ts';
import type { ChatKitRequest } from '../protocol/requests.ts';
import type { OperationContext } from './operation.ts';

/** Turns what a user said into text. */
export interface Transcriber {
  /** @throws GatewayError */
  transcribe(
    audio: { readonly base64: string; readonly mimeType: string },
    context: Pick<OperationContext, 'locale' | 'logger' | 'signal'>,
  ): Promise<string>;
}

export async function transcribe(
  { transcriber }: { readonly transcriber?: Transcriber | undefined },
  { params }: ChatKitRequest<'input.transcribe'>,
  context: OperationContext,
): Promise<object> {
  if (transcriber === undefined) {
    throw new GatewayError('not-implemented', { detail: 'Speech to text is not set up here.' });
  }
  const audio = { base64: params.audio_base64, mimeType: params.mime_type };
  return { text: await transcriber.transcribe(audio, context) };
}

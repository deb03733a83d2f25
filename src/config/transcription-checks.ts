import type { Finding } from './finding.ts';
import type { Config } from './schema.ts';

export function* checkTranscription({ transcription, agent }: Config): Generator<Finding> {
  const { enabled, apiKey, baseUrl } = transcription;
  if (apiKey !== null && /\s/.test(apiKey)) {
    yield {
      path: ['transcription', 'apiKey'],
      weight: 'refuse',
      message: 'must not contain blanks or line breaks',
    };
  }
  const hasServer = apiKey !== null || baseUrl !== null || agent.apiKey !== null || agent.baseUrl !== null;
  if (enabled === 'always' && !hasServer) {
    yield {
      path: ['transcription', 'enabled'],
      weight: 'refuse',
      message: 'needs a key or a server: set transcription.apiKey, transcription.baseUrl or OPENAI_API_KEY',
    };
  }
}

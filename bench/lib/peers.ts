import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Bench } from './bench.ts';
import { startGateway } from './gateway.ts';
import type { Call } from './load.ts';
import { benchPath, PEER_CORE, startNodePeer, startPeer, type Peer } from './processes.ts';

export type Api = 'responses' | 'chat';
type Pace = 'instant' | 'stepped';

/** Something that answers a message with a stream. */
export interface ReplyPeer {
  readonly name: string;
  readonly peer: Peer;
  readonly call: Call;
  readonly speaksChatKit: boolean;
}

export const createBody = (text: string) =>
  JSON.stringify({
    type: 'threads.create',
    params: { input: { content: [{ type: 'input_text', text }], attachments: [], inference_options: {} } },
  });

export const messageBody = (threadId: string, text: string) =>
  JSON.stringify({
    type: 'threads.add_user_message',
    params: {
      thread_id: threadId,
      input: { content: [{ type: 'input_text', text }], attachments: [], inference_options: {} },
    },
  });

export const promptBody = (prompt: string) => JSON.stringify({ prompt });

export const openingBody = ({ speaksChatKit }: ReplyPeer, text: string) =>
  speaksChatKit ? createBody(text) : promptBody(text);

export async function startGatewayPeer(
  bench: Bench,
  options: {
    readonly name: string;
    readonly api: Api;
    readonly pace: Pace;
    readonly nodeArgs?: readonly string[];
  },
): Promise<ReplyPeer> {
  const { name, api, pace, nodeArgs = [] } = options;
  const gateway = await startGateway({
    installation: bench.installation,
    folder: path.join(bench.folder, name.replaceAll(/\W+/g, '-')),
    backend: {
      modelUrl: bench.modelUrl(pace),
      api: api === 'chat' ? 'chat_completions' : 'responses',
    },
    nodeArgs,
  });
  const { call } = await gateway.signIn('ada');
  return { name, peer: gateway, call, speaksChatKit: true };
}

export async function startPythonPeer(bench: Bench, name: string, api: Api, pace: Pace): Promise<ReplyPeer> {
  if (!existsSync(bench.pythonPath)) {
    throw new Error(
      `${bench.pythonPath} is missing: python3 -m venv .venv && .venv/bin/pip install -r test/requirements.txt`,
    );
  }
  const peer = await startPeer({
    command: bench.pythonPath,
    args: [benchPath('peers/chatkit_python.py'), bench.modelUrl(pace), api],
    core: PEER_CORE,
  });
  return {
    name,
    peer,
    call: { url: new URL(`${peer.announced}/chatkit`), headers: {} },
    speaksChatKit: true,
  };
}

export async function startPromptPeer(
  bench: Bench,
  name: string,
  options: { readonly file: 'agents-loop.ts' | 'openai-client.ts'; readonly api: Api; readonly pace: Pace },
): Promise<ReplyPeer> {
  const { file, api, pace } = options;
  const peer = await startNodePeer(file, [bench.modelUrl(pace), api], PEER_CORE);
  return { name, peer, call: { url: new URL(peer.announced), headers: {} }, speaksChatKit: false };
}

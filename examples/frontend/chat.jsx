import { ChatKit, useChatKit } from '@openai/chatkit-react';

const GATEWAY = 'http://127.0.0.1:8080';

/** `session` is what `signIn` of gateway.js gave. */
export function Chat({ session }) {
  const { control } = useChatKit({
    api: { url: `${GATEWAY}/api/chatkit`, domainKey: 'local-dev', fetch: session.fetch },
  });
  return <ChatKit control={control} style={{ height: '90vh' }} />;
}

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { chromium } from 'playwright-core';
import type { ReadEvent, Reader } from './readers.ts';

const PROGRAM = '/usr/bin/chromium';
const require = createRequire(import.meta.url);
const LIBRARY = path.join(path.dirname(require.resolve('@microsoft/fetch-event-source')), '../esm');

/** Reads as a front end does. Of comments the library makes messages without data, which are no events. */
const PAGE = `<!doctype html><title>reader</title><script type="module">
import { fetchEventSource } from '/library/index';
window.read = async ({ url, ...request }) => {
  const events = [];
  await fetchEventSource(url, {
    ...request,
    openWhenHidden: true,
    async onopen(response) {
      if (!response.ok) throw new Error(response.status + ': ' + (await response.text()));
    },
    onmessage({ event, data }) {
      if (data === '') return;
      events.push({ event: event || 'message', data });
      window.saw(data);
    },
    onerror(error) {
      throw error;
    },
  });
  return events;
};
</script>`;

export interface ChromiumReader extends AsyncDisposable {
  /** Where its page comes from. */
  readonly origin: string;
  readonly read: Reader;
  /** Called with the data of each event when the page has it. */
  onSeen(listener: (data: string) => void): void;
}

/** A page in a real Chromium, of an origin of its own, that reads with `@microsoft/fetch-event-source`. */
export async function startChromium(): Promise<ChromiumReader> {
  const pages = await servePage();
  let seen: (data: string) => void = () => {};
  try {
    const browser = await chromium.launch({
      executablePath: PROGRAM,
      // Its sandbox refuses to work for root.
      chromiumSandbox: process.getuid?.() !== 0,
      args: ['--disable-dev-shm-usage', '--no-proxy-server'],
    });
    const page = await browser.newPage();
    page.setDefaultTimeout(20_000);
    await page.exposeFunction('saw', (data: string) => {
      seen(data);
    });
    await page.goto(pages.origin);
    await page.waitForFunction('window.read !== undefined');
    return {
      origin: pages.origin,
      read: async (request) => await page.evaluate<ReadEvent[]>(`window.read(${JSON.stringify(request)})`),
      onSeen: (listener) => (seen = listener),
      async [Symbol.asyncDispose]() {
        await browser.close();
        await pages.close();
      },
    };
  } catch (error) {
    await pages.close();
    throw error;
  }
}

async function servePage() {
  const server = createServer((request, response) => {
    const name = /^\/library\/(\w+)$/.exec(request.url ?? '')?.[1];
    if (name === undefined) {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(PAGE);
      return;
    }
    readFile(path.join(LIBRARY, `${name}.js`)).then(
      (code) => response.writeHead(200, { 'Content-Type': 'text/javascript; charset=utf-8' }).end(code),
      () => response.writeHead(404).end(),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

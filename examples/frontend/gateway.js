/** How long before its end an access token is replaced. */
const RENEW_BEFORE_MS = 30_000;

/**
 * Signs in at the gateway. The tokens stay in memory: a reload of the page signs in again.
 * @param {string} gateway the address of the gateway, such as http://127.0.0.1:8080
 * @param {{ email: string, password: string }} credentials
 * @returns the `fetch` for ChatKit's `api.fetch`
 */
export async function signIn(gateway, credentials) {
  let grant = await post('/api/auth/login', credentials);
  /** @type {Promise<void> | undefined} */
  let renewal;

  /** @param {string} path @param {object} body */
  async function post(path, body) {
    const response = await fetch(gateway + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${answer.title} (${answer.request_id})`);
    return { ...answer, endsAt: Date.now() + answer.expires_in * 1000 };
  }

  async function renew() {
    grant = await post('/api/auth/refresh', { refresh_token: grant.refresh_token });
  }

  return {
    /** @type {typeof fetch} */
    async fetch(url, init) {
      if (Date.now() > grant.endsAt - RENEW_BEFORE_MS) {
        // One renewal for all requests that wait for it: a refresh token can be used once.
        renewal ??= renew().finally(() => (renewal = undefined));
        await renewal;
      }
      const request = new Request(url, init);
      // An upload can go to a bucket: the token is for the gateway alone.
      if (new URL(request.url).origin === new URL(gateway).origin) {
        request.headers.set('Authorization', `Bearer ${grant.access_token}`);
      }
      return await fetch(request);
    },
  };
}

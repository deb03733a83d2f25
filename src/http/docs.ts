import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Router, type RequestHandler } from 'express';
import { docsPage, DOCS_SCRIPT, DOCS_STYLE } from './docs-page.ts';
import { methodNotAllowed } from './problem.ts';

/** The contract file stands beside `src` and beside `dist`. */
const CONTRACT = fileURLToPath(new URL('../../openapi.yaml', import.meta.url));

const SWAGGER_UI = fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json')));

/** Nothing from elsewhere and nothing inline; Swagger UI draws its icons from data URLs. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `/openapi.yaml` and the page that shows it, all from this machine. */
export function createDocsRoutes(): Router {
  const router = Router();
  const routes: Readonly<Record<string, RequestHandler>> = {
    '/': (req, res) => res.redirect(302, `${req.baseUrl}/docs`),
    '/openapi.yaml': async (req, res, next) => {
      res.type('application/yaml; charset=utf-8');
      if (req.baseUrl === '') res.sendFile(CONTRACT, next);
      else res.send(await readContractBelow(req.baseUrl));
    },
    '/docs': (req, res) => {
      res.set('Content-Security-Policy', PAGE_POLICY).type('html').send(docsPage(req.baseUrl));
    },
    '/docs/assets/page.js': (_req, res) => {
      res.type('js').send(DOCS_SCRIPT);
    },
    '/docs/assets/page.css': (_req, res) => {
      res.type('css').send(DOCS_STYLE);
    },
    '/docs/assets/swagger-ui.css': sendAsset('swagger-ui.css'),
    '/docs/assets/swagger-ui-bundle.js': sendAsset('swagger-ui-bundle.js'),
  };
  for (const [path, handler] of Object.entries(routes)) {
    router.route(path).get(handler).all(methodNotAllowed('GET', 'HEAD'));
  }
  return router;
}

/** The contract of a gateway that an application has mounted under a prefix. */
async function readContractBelow(prefix: string): Promise<string> {
  const contract = await readFile(CONTRACT, 'utf8');
  return contract.replace(/^ {2}- url: \/$/m, () => `  - url: ${JSON.stringify(prefix)}`);
}

function sendAsset(name: string): RequestHandler {
  return (_req, res, next) => {
    res.sendFile(name, { root: SWAGGER_UI, maxAge: '1d' }, next);
  };
}

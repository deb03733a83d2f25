import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import express, { Router } from 'express';

/** The contract file stands beside `src` and beside `dist`. */
const CONTRACT = fileURLToPath(new URL('../../openapi.yaml', import.meta.url));

const SWAGGER_UI = fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json')));

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>ChatKit Gateway API</title>
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `window.ui = SwaggerUIBundle({ url: '/openapi.yaml', dom_id: '#swagger-ui', deepLinking: true });
`;

/** Swagger UI sets inline styles and draws its icons from data URLs. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `/openapi.yaml` and the page that shows it, all from this machine. */
export function createDocsRoutes(): Router {
  const router = Router();
  router.get('/openapi.yaml', async (_req, res) => {
    res.set('Content-Type', 'application/yaml; charset=utf-8').send(await readFile(CONTRACT));
  });
  router.get('/', (_req, res) => {
    res.redirect(302, '/docs');
  });
  router.get('/docs', (_req, res) => {
    res.set('Content-Security-Policy', PAGE_POLICY).type('html').send(PAGE);
  });
  router.get('/docs/start.js', (_req, res) => {
    res.type('js').send(START);
  });
  router.use('/docs/assets', express.static(SWAGGER_UI, { index: false, maxAge: '1d' }));
  return router;
}

const ICON =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0f766e"/>' +
      '<path d="M8 10h16v10H15l-4 4v-4H8z" fill="#fff"/></svg>',
  );

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** @param prefix where an application has mounted the gateway, or nothing; it comes from the address of the request */
export function docsPage(prefix: string): string {
  const base = prefix.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>ChatKit Gateway API</title>
    <link rel="icon" href="${ICON}">
    <link rel="stylesheet" href="${base}/docs/assets/swagger-ui.css">
    <link rel="stylesheet" href="${base}/docs/assets/page.css">
  </head>
  <body>
    <div id="docs"><noscript>This page needs JavaScript. The contract itself is at <a href="${base}/openapi.yaml">/openapi.yaml</a>.</noscript></div>
    <script src="${base}/docs/assets/swagger-ui-bundle.js"></script>
    <script src="${base}/docs/assets/page.js"></script>
  </body>
</html>
`;
}

/** A sign-in that is tried on the page also fills in "Authorize". Nothing is kept when the page is closed. */
export const DOCS_SCRIPT = `'use strict';
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const followScheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followScheme);
followScheme();

const ui = SwaggerUIBundle({
  url: new URL('../../openapi.yaml', document.currentScript.src).href,
  dom_id: '#docs',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 2,
  displayRequestDuration: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
  responseInterceptor(response) {
    const signedIn = response.ok && /\\/api\\/auth\\/(login|refresh)$/.test(new URL(response.url).pathname);
    if (signedIn) ui.preauthorizeApiKey('accessToken', JSON.parse(response.text).access_token);
    return response;
  },
});
`;

export const DOCS_STYLE = `:root { --accent: #0f766e; --line: #d8dee4; }
html.dark-mode { --accent: #5eead4; --line: #30363d; }
body { margin: 0; }
noscript { display: block; padding: 2rem; font: 1rem system-ui, sans-serif; }
.swagger-ui, .swagger-ui .info .title, .swagger-ui .opblock-tag, .swagger-ui .btn, .swagger-ui table thead tr th,
.swagger-ui .opblock .opblock-summary-description, .swagger-ui .response-col_status, .swagger-ui .model-title,
.swagger-ui .info p, .swagger-ui .info li, .swagger-ui .info table, .swagger-ui section.models h4 {
  font-family: system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
.swagger-ui .wrapper { max-width: 1120px; padding: 0 24px; }
.swagger-ui .info { margin: 40px 0 8px; }
.swagger-ui .info .title { font-size: 30px; letter-spacing: -0.01em; }
.swagger-ui .info .title small { background: var(--accent); }
.swagger-ui .info p, .swagger-ui .info li { font-size: 15px; line-height: 1.6; }
.swagger-ui .info summary { cursor: pointer; font-weight: 600; margin: 12px 0; }
.swagger-ui .info table { border-collapse: collapse; width: auto; }
.swagger-ui .info table td, .swagger-ui .info table th, .swagger-ui .opblock-description table td,
.swagger-ui .opblock-description table th { border-bottom: 1px solid var(--line); padding: 6px 20px 6px 0; }
.swagger-ui .renderedMarkdown code, .swagger-ui .markdown code {
  color: inherit; background: rgb(110 118 129 / 14%); font-weight: 500; padding: 1px 5px;
}
html.dark-mode .swagger-ui .renderedMarkdown code, html.dark-mode .swagger-ui .markdown code {
  color: inherit; background: rgb(110 118 129 / 30%);
}
.swagger-ui .opblock-description td, .swagger-ui .info td { color: inherit; font-size: 14px; }
html.dark-mode .swagger-ui .opblock-description, html.dark-mode .swagger-ui .info,
html.dark-mode .swagger-ui .examples__section-header, html.dark-mode .swagger-ui .examples-select__section-label,
html.dark-mode .swagger-ui .opblock-body td { color: #e4e6e6; }
.swagger-ui .scheme-container { box-shadow: none; border-bottom: 1px solid var(--line); padding: 12px 0; background: none; }
.swagger-ui .scheme-container .servers-title, .swagger-ui .scheme-container .servers { display: none; }
.swagger-ui .opblock-tag { font-size: 20px; border-bottom-color: var(--line); }
.swagger-ui .opblock { box-shadow: none; border-radius: 8px; }
.swagger-ui .opblock .opblock-summary-path { font-size: 15px; }
`;

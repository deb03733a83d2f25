import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { createDocument } from 'zod-openapi';
import { CATALOGUE, type ErrorCode } from '../errors/catalogue.ts';
import { attachmentPaths } from './attachment-paths.ts';
import { authPaths } from './auth-paths.ts';
import { chatkitPath } from './chatkit-path.ts';
import { hostedPath } from './hosted-path.ts';
import { namedSchemas } from './named-schemas.ts';
import { problemExamples, problemTable } from './problems.ts';
import { servicePaths } from './service-paths.ts';
import { simplePaths } from './simple-paths.ts';

const INTRODUCTION = [
  'Two ways to chat, over the same conversations: the **ChatKit** protocol on one URL, and a **simple API** of messages ' +
    'and conversations. Sign in with `POST /api/auth/login`, then send the access token with every request: ' +
    '`Authorization: Bearer <access_token>`. On the page of this contract, trying the sign-in also fills in “Authorize”.',
  'Answers can grow: ignore fields that you do not know. Prometheus metrics are not here but on the admin listener ' +
    '(`server.adminPort`, `GET /metrics`).',
  'Before the first byte of an answer an error is an HTTP status with `application/problem+json`. Its `code` is stable, ' +
    'its `request_id` is also in `X-Request-Id` and in the log. After the first byte of a stream an error is an event of ' +
    'the stream.',
].join('\n\n');

const BANNER = '# Generated from the schemas that the gateway runs on by "npm run generate". Do not edit.\n';

export type Contract = ReturnType<typeof createDocument>;

/** The public contract, from the schemas that the code runs on. */
export function createContract(): Contract {
  const paths = {
    ...chatkitPath(),
    ...hostedPath(),
    ...simplePaths(),
    ...attachmentPaths(),
    ...authPaths(),
    ...servicePaths(),
  };
  const document = createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'ChatKit Gateway',
        version: readVersion(),
        summary: 'A backend for frontend for chat interfaces built on ChatKit.',
        description: `${INTRODUCTION}\n\n<details><summary>All error codes</summary>\n\n${problemTable()}\n\n</details>\n`,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'This gateway' }],
      security: [{ accessToken: [] }],
      tags: [
        { name: 'Sign-in', description: 'Users of the gateway (`auth.mode: local`).' },
        { name: 'ChatKit', description: "What ChatKit's `api.url` points at." },
        { name: 'Simple API', description: 'The same conversations for scripts and other front ends.' },
        { name: 'Attachments', description: 'Files for messages, where the built-in agent answers.' },
        { name: 'Service', description: 'Health and this contract.' },
      ],
      paths,
      components: {
        schemas: namedSchemas(),
        examples: problemExamples(usedCodes(paths)),
        securitySchemes: {
          accessToken: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'The `access_token` that `POST /api/auth/login` answers.',
          },
        },
      },
    },
    { override: ({ jsonSchema }) => simplify(jsonSchema) },
  );
  return sortComponents(document);
}

/** The text of `openapi.yaml`; the same schemas give the same bytes. */
export function toYaml(contract: Contract): string {
  return (
    BANNER +
    stringify(contract, {
      blockQuote: 'literal',
      lineWidth: 0,
      compat: 'yaml-1.1',
      aliasDuplicateObjects: false,
    })
  );
}

/** Takes out what says nothing to a reader. */
function simplify(schema: Record<string, unknown>): void {
  // Answers may gain fields without notice, so the contract does not forbid them.
  if (schema['additionalProperties'] === false) delete schema['additionalProperties'];
  if (schema['format'] === 'date-time') delete schema['pattern'];
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  // A key of JSON is always a string.
  delete schema['propertyNames'];
  // TypeScript's readonly, which says nothing about who may send a property.
  delete schema['readOnly'];
}

function usedCodes(paths: object): Set<ErrorCode> {
  const text = JSON.stringify(paths, (key, value: unknown) => (key === 'schema' ? undefined : value));
  const codes = Object.keys(CATALOGUE) as ErrorCode[];
  return new Set(codes.filter((code) => text.includes(`"#/components/examples/${code}"`)));
}

/** The library registers components in the order in which it meets them. */
function sortComponents(contract: Contract): Contract {
  const components = Object.entries(contract.components ?? {}).map(([kind, entries]) => [
    kind,
    Object.fromEntries(
      Object.entries(entries as object).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)),
    ) as unknown,
  ]);
  return { ...contract, components: Object.fromEntries(components) as NonNullable<Contract['components']> };
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

import { toLine } from '../terminal.ts';
import type { Findings } from './findings.ts';

const MAX_TITLE_CHARS = 100;
const MAX_ROW_CHARS = 300;
const MAX_REPLY_CHARS = 70;

/** What was found and why, for a person. */
export function formatFindings(findings: Findings): string {
  const rows = [...chatRows(findings), ...userRows(findings), ...routeRows(findings)];
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    `Found at ${findings.upstream}${findings.title === '' ? '' : ` (${toLine(findings.title, MAX_TITLE_CHARS)})`}:`,
    '',
    ...rows.map(([label, text]) => `  ${label.padEnd(width)}  ${toLine(text, MAX_ROW_CHARS)}`),
    ...(findings.doubts.length === 0
      ? []
      : ['', 'Not sure:', ...findings.doubts.map((each) => `  - ${toLine(each, MAX_ROW_CHARS)}`)]),
  ].join('\n');
}

type Row = readonly [string, string];

function chatRows({ chatKitPath, chat }: Findings): Row[] {
  const rows: Row[] = [];
  if (chatKitPath !== undefined) {
    rows.push(['ChatKit', `POST ${chatKitPath}: it lists threads as the ChatKit protocol has it`]);
  }
  if (chat !== undefined) {
    const { candidate, recognition, conversation, type } = chat;
    const kept = { true: 'and kept it', false: 'but did not keep it' }[String(conversation.isKept)];
    rows.push(
      ['Plain chat', `${candidate.method} ${candidate.path}: ${candidate.why}`],
      ['Answer', `${recognition.format}: ${recognition.why}; ${recognition.frames} frames of ${type}`],
      ['It said', quote(recognition.reply)],
      ['Conversation', `${conversation.why}${kept === undefined ? '' : `, ${kept}`}`],
    );
  }
  return rows;
}

function userRows({ users, key }: Findings): Row[] {
  if (users === undefined) {
    return [['Access', key === undefined ? 'no sign-in is asked for' : key.why]];
  }
  const { token, signedIn, secret, jwksUrl } = users;
  const rows: Row[] = [];
  if (signedIn !== undefined) {
    const { endpoints } = signedIn;
    const form = endpoints.loginForm === 'json' ? 'JSON' : 'the OAuth2 password form';
    rows.push(['Sign-in', `POST ${endpoints.loginPath} with ${form}: ${endpoints.why}`]);
    if (endpoints.refresh !== undefined) rows.push(['Refresh', `POST ${endpoints.refresh.path}`]);
    if (endpoints.logoutPath !== undefined) rows.push(['Sign-out', `POST ${endpoints.logoutPath}`]);
  }
  const claims = Object.keys(token.claims).join(', ');
  const verified = secret.kind === 'missing' ? '' : ', and the secret fits it';
  const keys = jwksUrl === undefined ? '' : `, keys at ${jwksUrl}`;
  rows.push(['Token', `a JWT, ${token.algorithm}, with ${claims}${verified}${keys}`]);
  return rows;
}

function routeRows({ routes }: Findings): Row[] {
  return routes.routes.map(({ path, methods }) => ['Other path', `${path} (${methods.join(', ')})`]);
}

function quote(text: string): string {
  return JSON.stringify(toLine(text, MAX_REPLY_CHARS));
}

export interface BannerFacts {
  readonly url: string;
  readonly adminUrl: string;
  /** Where the data is, without a password. */
  readonly data: string;
  /** What answers, in words: a model or a service. */
  readonly answers: string;
  readonly demoUser?: { readonly email: string; readonly password: string } | undefined;
  readonly startMs: number;
}

/** What a person wants to know after a start. */
export function formatBanner(facts: BannerFacts): string {
  const rows: [string, string][] = [
    ['URL', facts.url],
    ['Answers', facts.answers],
    ['Data', facts.data],
    ['Admin', `${facts.adminUrl}/metrics`],
  ];
  if (facts.demoUser !== undefined) {
    rows.push(
      ['Demo user', facts.demoUser.email],
      ['Password', `${facts.demoUser.password}   (shown this once)`],
    );
  }
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`);
  return ['', `ChatKit Gateway is ready (${facts.startMs} ms)`, '', ...lines, ''].join('\n');
}

/** For a console that reads JSON lines: the only way that the password is shown at all. */
export function formatDemoUser({ email, password }: { email: string; password: string }): string {
  return `demo user: ${email}   password: ${password}   (shown this once)`;
}

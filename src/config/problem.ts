import { formatPath, type KeyPath } from './keys.ts';

/** One thing that is wrong with the configuration, or unwise about it. */
export interface ConfigProblem {
  /** `gateway.yaml:3:7` or the name of an environment variable; empty when only a default is to blame. */
  readonly where: string;
  readonly path: KeyPath;
  /** Never holds the value of a secret. */
  readonly message: string;
}

export function formatProblem({ where, path, message }: ConfigProblem): string {
  return [where, formatPath(path), message].filter((part) => part !== '').join(': ');
}

/** Everything that is wrong, at once. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(
      [`the configuration has ${count}:`, ...problems.map((each) => `  ${formatProblem(each)}`)].join('\n'),
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** One test of openai-chatkit's own suite, and what it means here. */
export interface PythonBehaviour {
  /** `file::name` */
  readonly name: string;
  /** What it asserts. */
  readonly what: string;
  readonly status: 'covered' | 'later' | 'python-only';
  /** The titles of our tests that assert the same. */
  readonly tests: readonly string[];
  /** Why it means nothing here, or what it waits for. */
  readonly reason?: string;
}

/** The rows of one file of that suite. */
export function rowsOf(file: string) {
  return {
    covered: (name: string, what: string, ...tests: string[]): PythonBehaviour => ({
      name: `${file}::${name}`,
      what,
      status: 'covered',
      tests,
    }),
    later: (name: string, what: string, reason: string): PythonBehaviour => ({
      name: `${file}::${name}`,
      what,
      status: 'later',
      tests: [],
      reason,
    }),
    pythonOnly: (name: string, what: string, reason: string): PythonBehaviour => ({
      name: `${file}::${name}`,
      what,
      status: 'python-only',
      tests: [],
      reason,
    }),
  };
}

import type { Installation } from './gateway.ts';

/** What every scenario is given. */
export interface Bench {
  readonly installation: Installation;
  /** A folder of this run; it is removed at the end. */
  readonly folder: string;
  /** Base URL of the instant model. */
  readonly modelUrl: (pace: 'instant' | 'stepped' | 'never') => string;
  /** Length of one slice of a measurement. */
  readonly seconds: number;
  /** How often each slice is repeated, in turn with the others. */
  readonly rounds: number;
  readonly pythonPath: string;
  /** Where `next` is installed; without it the Next.js peer is left out. */
  readonly nextFolder: string | undefined;
  readonly say: (text: string) => void;
}

export interface Outcome {
  readonly title: string;
  /** How it was measured, in a sentence or two. */
  readonly method: string;
  readonly rows: readonly Readonly<Record<string, string | number>>[];
  /** Lines below the table. */
  readonly findings: readonly string[];
  /** Goals of the project that this scenario answers. */
  readonly goals: readonly Goal[];
}

export interface Goal {
  readonly name: string;
  readonly goal: string;
  readonly measured: number;
  readonly reached: boolean;
}

export type Scenario = (bench: Bench) => Promise<Outcome>;

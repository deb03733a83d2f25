import { Option } from 'commander';
import type { LoadedConfig } from '../config/load.ts';
import type { Terminal } from './terminal.ts';

export interface ConfigFlag {
  readonly config?: string;
}

/** The option of every command that reads the configuration. A new one each time: commander keeps state in it. */
export function configOption(): Option {
  return new Option('-c, --config <file>', 'YAML file laid over the defaults (or GATEWAY_CONFIG)');
}

export async function readConfiguration(flags: ConfigFlag, terminal: Terminal): Promise<LoadedConfig> {
  const { loadConfig } = await import('../config/load.ts');
  return loadConfig({ configPath: flags.config, env: terminal.env, cwd: terminal.cwd });
}

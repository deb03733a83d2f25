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

/**
 * Says of a module that cannot be used where the configuration names it.
 * @throws ConfigError in the place of an AgentModuleError
 */
export async function asConfigProblem<T>({ where }: LoadedConfig, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AgentModuleError') throw error;
    const { ConfigError } = await import('../config/problem.ts');
    const at = ['agent', 'module'];
    throw new ConfigError([{ where: where(at), path: at, message: error.message }]);
  }
}

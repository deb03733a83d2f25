import { Option } from 'commander';
import { SettingError } from '../config/setting-error.ts';
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
    const at = settingOf(error);
    if (at === undefined || !(error instanceof Error)) throw error;
    const { ConfigError } = await import('../config/problem.ts');
    throw new ConfigError([{ where: where(at), path: at, message: error.message }]);
  }
}

/** The keys of the setting that an error is about, where it is about one. */
function settingOf(error: unknown): readonly string[] | undefined {
  if (error instanceof SettingError) return error.path;
  return error instanceof Error && error.name === 'AgentModuleError' ? ['agent', 'module'] : undefined;
}

import type { Command } from 'commander';
import { formatProblem } from '../config/problem.ts';
import type { LoadedConfig } from '../config/load.ts';
import { asConfigProblem, configOption, readConfiguration, type ConfigFlag } from './configuration.ts';
import { say, type Terminal } from './terminal.ts';

/** Runs the module, as a start does, because only then its mistakes are seen. */
async function checkModule(loaded: LoadedConfig): Promise<void> {
  const { agent, chat } = loaded.config;
  const { module } = agent;
  if (module === null || chat.backend !== 'agent') return;
  const { loadAgentModule } = await import('../agent/module/load-module.ts');
  await asConfigProblem(loaded, () => loadAgentModule(module));
}

export function addCheckConfig(program: Command, terminal: Terminal): void {
  program
    .command('check-config')
    .description('check the configuration, report everything that is wrong with it, and exit')
    .addOption(configOption())
    .action(async (flags: ConfigFlag) => {
      const loaded = await readConfiguration(flags, terminal);
      const { config, warnings, sources } = loaded;
      await checkModule(loaded);
      for (const warning of warnings) say(terminal.stderr, `warning: ${formatProblem(warning)}`);
      const from = [
        'the defaults',
        ...(sources.file === undefined ? [] : [sources.file]),
        ...(sources.variables.length === 0 ? [] : [sources.variables.join(', ')]),
      ];
      say(
        terminal.stdout,
        `The configuration is valid (${config.environment}; from ${from.join(', then ')}).`,
      );
    });
}

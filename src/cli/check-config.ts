import type { Command } from 'commander';
import { formatProblem } from '../config/problem.ts';
import { configOption, readConfiguration, type ConfigFlag } from './configuration.ts';
import { say, type Terminal } from './terminal.ts';

export function addCheckConfig(program: Command, terminal: Terminal): void {
  program
    .command('check-config')
    .description('check the configuration, report everything that is wrong with it, and exit')
    .addOption(configOption())
    .action(async (flags: ConfigFlag) => {
      const { config, warnings, sources } = await readConfiguration(flags, terminal);
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

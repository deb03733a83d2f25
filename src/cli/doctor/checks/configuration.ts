import { formatProblem } from '../../../config/problem.ts';
import { fail, ok, warn, type Check } from '../check.ts';

export const configurationCheck: Check = {
  id: 'configuration',
  async run({ loaded, problems }) {
    if (loaded === undefined) {
      return problems.map((problem) => fail(problem, 'Mend it, and look again with "check-config".'));
    }
    const { file, variables } = loaded.sources;
    const from = [file ?? 'the defaults', ...variables].join(', ');
    return [
      ok(`valid, from ${from}`),
      ...loaded.warnings.map((each) =>
        warn(formatProblem(each), 'See config/default.yaml for what it means.'),
      ),
    ];
  },
};

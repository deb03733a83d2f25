import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The examples import the package by its name, and are tested with the source.
  ssr: { resolve: { conditions: ['chatkit-gateway-source', 'node'] } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/prerequisites.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    // Every file may start servers, databases and Python: more at once only makes each of them slower.
    maxWorkers: 2,
    reporters: ['default', ['json', { outputFile: '.cache/test-results.json' }]],
  },
});

// Preloaded into a process that runs with --expose-gc: a full collection on demand, to tell memory from garbage.
process.on('SIGUSR2', () => globalThis.gc());

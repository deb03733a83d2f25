import { registerHooks } from 'node:module';

// Prints every file that an import of this name loads.
const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
await import(process.argv[2] ?? 'chatkit-gateway/server');
process.stdout.write(JSON.stringify(loaded));

import { registerHooks } from 'node:module';

// Prints every file that importing the server loads.
const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
await import('chatkit-gateway/server');
process.stdout.write(JSON.stringify(loaded));

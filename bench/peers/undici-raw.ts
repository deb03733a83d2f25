/** undici on node:http and nothing else. Argument: the service. */
import { createServer } from 'node:http';
import { announce } from './announce.ts';
import { createRelay } from './undici-relay.ts';

announce(createServer(createRelay(process.argv[2] ?? '')));

/** undici on Express and nothing else. Argument: the service. */
import { createServer } from 'node:http';
import express from 'express';
import { announce } from './announce.ts';
import { createRelay } from './undici-relay.ts';

const app = express();
app.post('/chatkit', createRelay(process.argv[2] ?? ''));
announce(createServer(app));

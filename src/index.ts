export { createGateway, type Gateway, type GatewayConfig, type GatewayOptions } from './library/gateway.ts';
export { CreateGatewayError, type CreateProblem } from './library/create-error.ts';
export type { HostUser, Identify } from './library/host-user.ts';
export type { GatewayHandler } from './library/mount.ts';
export { GatewayError } from './errors/gateway-error.ts';
export { ReplyError, type Responder, type Turn } from './chatkit/responder.ts';
export * from './agent/module/exports.ts';

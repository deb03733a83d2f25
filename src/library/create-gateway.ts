import type { Gateway, GatewayOptions } from './gateway.ts';

/**
 * The gateway, to be mounted in an application.
 * @throws CreateGatewayError with everything that is wrong, or the reason of the signal
 */
export async function createGateway(options: GatewayOptions = {}): Promise<Gateway> {
  // Loaded here, because a module that only defines an agent imports the same package.
  const gateway = await import('./gateway.ts');
  return await gateway.openGateway(options);
}

import { GatewayError } from '../errors/gateway-error.ts';

/**
 * What a disk says, as an error of the catalogue.
 * @throws GatewayError `attachment-already-uploaded` for a name that is taken, else `attachments-unavailable`
 */
export async function reachingDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new GatewayError('attachment-already-uploaded');
    throw new GatewayError('attachments-unavailable', { cause: error });
  }
}

import { GatewayError } from './gateway-error.ts';

/** What express's body readers say of a request that they refuse. */
const BODY_ERRORS: Readonly<Record<string, ConstructorParameters<typeof GatewayError>[0]>> = {
  'entity.too.large': 'body-too-large',
  'entity.parse.failed': 'invalid-json',
  'encoding.unsupported': 'unsupported-media-type',
  'charset.unsupported': 'unsupported-media-type',
  'request.size.invalid': 'invalid-request',
  'request.aborted': 'invalid-request',
  'entity.verify.failed': 'invalid-request',
};

/** The one place where an unknown error becomes one of the catalogue: the caller's fault and ours stay apart. */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof URIError) return new GatewayError('invalid-request', { cause: error });
  if (error instanceof Error && 'type' in error && typeof error.type === 'string') {
    const code = BODY_ERRORS[error.type];
    if (code !== undefined) return new GatewayError(code, { cause: error });
  }
  return new GatewayError('internal', { cause: error });
}

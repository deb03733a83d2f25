import type { Finding } from './finding.ts';
import type { Config } from './schema.ts';

const AT = 'attachments';

export function* checkAttachments({ attachments, environment }: Config): Generator<Finding> {
  if (!attachments.enabled) return;
  const { s3, maxBytes, maxBytesPerUser, model } = attachments;
  if (attachments.store === 's3') yield* checkBucket(s3, environment);
  if (maxBytes > maxBytesPerUser) {
    yield {
      path: [AT, 'maxBytes'],
      given: [[AT, 'maxBytesPerUser']],
      weight: 'refuse',
      message: `must not be more than attachments.maxBytesPerUser (${maxBytesPerUser})`,
    };
  }
  if (model.maxBytes > model.maxTotalBytes) {
    yield {
      path: [AT, 'model', 'maxBytes'],
      given: [[AT, 'model', 'maxTotalBytes']],
      weight: 'refuse',
      message: `must not be more than attachments.model.maxTotalBytes (${model.maxTotalBytes})`,
    };
  }
}

function* checkBucket(
  { bucket, endpoint, publicEndpoint, accessKeyId, secretAccessKey }: Config['attachments']['s3'],
  environment: Config['environment'],
): Generator<Finding> {
  if (bucket === null) {
    yield {
      path: [AT, 's3', 'bucket'],
      given: [[AT, 'store']],
      weight: 'refuse',
      message: 'must be set, because attachments.store is s3',
    };
  }
  if ((accessKeyId === null) !== (secretAccessKey === null)) {
    const missing = accessKeyId === null ? 'accessKeyId' : 'secretAccessKey';
    yield {
      path: [AT, 's3', missing],
      weight: 'refuse',
      message: 'must be set too: a key has two parts',
    };
  }
  const address = publicEndpoint ?? endpoint;
  if (environment === 'production' && address?.startsWith('http:') === true) {
    yield {
      path: [AT, 's3', publicEndpoint === null ? 'endpoint' : 'publicEndpoint'],
      weight: 'warn',
      message: 'browsers send and load files here without TLS',
    };
  }
}

import { z } from 'zod';
import { httpUrl, milliseconds, SECRET, section } from './parts.ts';

const MEGABYTE = 1_048_576;

/** `image/png`, `text/*`. */
const mediaType = z
  .string()
  .regex(/^(\*\/\*|[a-z0-9][a-z0-9!#$&^_.+-]*\/(\*|[a-z0-9][a-z0-9!#$&^_.+-]*))$/, 'must be a media type');

const ACCEPTED = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'application/pdf',
  'application/json',
  'text/*',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
];

const bytes = z.int().min(1).max(5_368_709_120);

export const attachmentsSchema = section({
  enabled: z
    .boolean()
    .default(true)
    .describe('Whether users may attach files. Where chat.backend is forward, the service decides.'),
  store: z.enum(['disk', 's3']).default('disk').describe('Where the content of the files is kept.'),
  directory: z
    .string()
    .min(1)
    .default('data/attachments')
    .describe('Folder of the files. With s3, where uploads are collected before they are sent on.'),
  s3: section({
    bucket: z.string().min(1).nullable().default(null).describe('The bucket. It must exist.'),
    region: z.string().min(1).default('us-east-1').describe('Its region.'),
    endpoint: httpUrl
      .nullable()
      .default(null)
      .describe('Address of an S3-compatible service; null: Amazon S3.'),
    publicEndpoint: httpUrl
      .nullable()
      .default(null)
      .describe('The address by which browsers reach it, when it is another one.'),
    accessKeyId: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe("null: the credentials of the machine, by the AWS SDK's usual chain.")
      .meta(SECRET),
    secretAccessKey: z.string().min(1).nullable().default(null).describe('Its secret.').meta(SECRET),
    forcePathStyle: z
      .boolean()
      .default(false)
      .describe('The bucket in the path and not in the host name; most services other than Amazon want it.'),
    prefix: z
      .string()
      .regex(/^([A-Za-z0-9._-]+\/)*$/, 'must be empty or end with a slash, such as chat/')
      .default('attachments/')
      .describe('What every key begins with.'),
    timeoutMs: milliseconds.default(30_000).describe('Longest silence of the service.'),
  }).describe('The bucket, where attachments.store is s3.'),
  accept: z
    .array(mediaType)
    .default(ACCEPTED)
    .describe('Types that may be attached, by content. HTML and SVG only when they are named in full.'),
  maxBytes: bytes.default(100 * MEGABYTE).describe('Largest file.'),
  maxPerMessage: z.int().min(1).max(100).default(10).describe('Most files of one message.'),
  maxFilesPerUser: z.int().min(1).max(1_000_000).default(1_000).describe('Most files that one user keeps.'),
  maxBytesPerUser: z
    .int()
    .min(1)
    .max(1_099_511_627_776)
    .default(1_073_741_824)
    .describe('Most bytes that one user keeps.'),
  uploads: z.int().min(1).max(10_000).default(64).describe('Uploads at once; more are asked to try again.'),
  uploadsPerUser: z.int().min(1).max(1_000).default(8).describe('Uploads at once of one user.'),
  idleMs: milliseconds
    .default(30_000)
    .describe('Silence after which an upload is given up. So is one that stays slower than 1 KiB a second.'),
  unusedSeconds: z
    .int()
    .min(60)
    .max(2_592_000)
    .default(86_400)
    .describe('How long a file is kept that no message uses.'),
  linkSeconds: z
    .int()
    .min(30)
    .max(604_800)
    .default(3_600)
    .describe('How long the address of a preview or an upload works.'),
  linkSecret: z
    .string()
    .min(32)
    .nullable()
    .default(null)
    .describe(
      'What these addresses are signed with; null: derived from auth.local.keyFile. With another one, links that were given stop working.',
    )
    .meta(SECRET),
  model: section({
    types: z
      .array(mediaType)
      .default(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'application/pdf'])
      .describe('Types that the model can read, beside text. Of others it is told the name.'),
    maxBytes: bytes
      .max(52_428_800)
      .default(10 * MEGABYTE)
      .describe('Largest file that the model is given.'),
    maxTotalBytes: bytes
      .max(104_857_600)
      .default(20 * MEGABYTE)
      .describe('Most bytes of files in one request to the model, the newest first.'),
  }).describe('What of the files the model of the built-in agent sees.'),
}).describe('Files that users attach to their messages.');

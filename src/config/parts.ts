import { z } from 'zod';

/** What the sections of the configuration are made of. */
export const port = z.int().min(0).max(65_535);
export const milliseconds = z.int().min(1).max(86_400_000);
export const httpUrl = z.url({ protocol: /^https?$/ });
export const path = z.string().startsWith('/');
/** Marks a key whose value is never shown, not even in an error. JSON Schema's own word for it. */
export const SECRET = { writeOnly: true };
/** A section that may be left out whole. */
export const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape).prefault({} as never);

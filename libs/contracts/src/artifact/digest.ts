import { z } from 'zod';

/** Lower-case hexadecimal sha256: 64 characters. */
export const digestSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('sha256, 64 lower-case hexadecimal characters');

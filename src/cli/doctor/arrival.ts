import type { Answer } from '../../probe/http.ts';
import { fail, ok, skipped, type Result } from './check.ts';

/** Less than this between the first and the last piece is "at once". */
const AT_ONCE_MS = 25;
/** A shorter wait before such a burst says nothing. */
const LATE_MS = 250;
const MIN_FRAMES = 3;

/** Whether the frames of a stream came as they were made, or all at its end. */
export function judgeArrival(answer: Answer, advice: string): Omit<Result, 'id'> {
  const { pieces, text } = answer;
  const first = pieces[0]?.atMs ?? answer.totalMs;
  const last = pieces.at(-1)?.atMs ?? first;
  const frames = text.split(/\r?\n\r?\n/).filter((frame) => /^(data|event):/m.test(frame)).length;
  const units = Math.max(frames, pieces.length);
  const times = `${units} frames between ${first} and ${last} ms`;
  if (answer.end === 'broken') {
    return fail(
      `the stream broke after ${times}`,
      'Look at the log of the service and of what is in between.',
    );
  }
  if (units < MIN_FRAMES) {
    return skipped(
      `the reply was too short to tell (${times}); give --message something with a longer answer`,
    );
  }
  if (last - first > AT_ONCE_MS * 2) return ok(`${times}, as they are made`);
  if (first >= LATE_MS) return fail(`nothing for ${first} ms, then all ${units} frames at once`, advice);
  return skipped(`the reply was too fast to tell (${times}); give --message something with a longer answer`);
}

/** Stop texts: where a sample ends, found in text that comes in pieces. */

import { InputError } from '../errors.ts';

export interface StopMatcher {
  /** Takes the next piece, returns the text that is now sure not to be part of a stop text. */
  push(piece: string): string;
  /** True once a stop text was complete; from then on `push` and `flush` return nothing. */
  readonly stopped: boolean;
  /** The text held back so far, for when the sample has ended otherwise. */
  flush(): string;
}

/**
 * Watches for any of `stops`. The text ends where the first of them is complete, and is cut at that one's start (the
 * longest one's, when several are complete at once), however it is divided into pieces. Throws an `InputError` for an
 * empty stop text.
 *
 *     const matcher = stopMatcher(['\n\n']);
 *     matcher.push('one\n'); // 'one'
 *     matcher.push('two\n'); // '\ntwo'
 *     matcher.push('\nthree'); // '', and matcher.stopped is true
 */
export function stopMatcher(stops: readonly string[]): StopMatcher {
  if (stops.includes('')) throw new InputError('A stop text is empty; give at least one character.');
  const longest = Math.max(0, ...stops.map((stop) => stop.length));
  let held = '';
  let stopped = false;

  /** Where the first complete stop text starts in `text`, or -1. */
  const find = (text: string): number => {
    let start = -1;
    let end = Infinity;
    for (const stop of stops) {
      const at = text.indexOf(stop);
      if (at < 0 || at + stop.length > end || (at + stop.length === end && at > start)) continue;
      start = at;
      end = at + stop.length;
    }
    return start;
  };

  /** Length of the longest end of `text` that a stop text begins with. */
  const unsure = (text: string): number => {
    let length = Math.min(text.length, longest - 1);
    while (length > 0 && !stops.some((stop) => stop.startsWith(text.slice(-length)))) length--;
    return Math.max(0, length);
  };

  return {
    push(piece) {
      if (stopped) return '';
      const text = held + piece;
      const at = find(text);
      stopped = at >= 0;
      const sure = stopped ? at : text.length - unsure(text);
      held = stopped ? '' : text.slice(sure);
      return text.slice(0, sure);
    },
    get stopped() {
      return stopped;
    },
    flush() {
      const text = held;
      held = '';
      return text;
    },
  };
}

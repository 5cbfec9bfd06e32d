/** Files line by line: lines of two fields parted by a tab, and errors that say where. */

import { InputError, option } from '../../errors.ts';
import { isBlank } from '../white-space.ts';
import { fileName, readText } from './files.ts';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;

/** Where reading is. */
export interface LinePlace {
  file: string;
  /** From 1 on. */
  line: number;
}

/** An error about a line; `what` goes on from "names.tsv, line 3, ". */
export function lineError({ file, line }: LinePlace, what: string): InputError {
  return new InputError(`${placeName({ file, line })}, ${what}.`);
}

export function placeName({ file, line }: LinePlace): string {
  return `${fileName(file)}, line ${line}`;
}

/** Cuts text that comes in pieces into lines. */
interface LineCutter {
  piece(bytes: Uint8Array): void;
  /** The text ends: its last line may have no end of its own. */
  end(): void;
}

/** Gives each line to `onLine` without its end, which is LF, CRLF or CR; a line's bytes are valid during the call. */
function createLineCutter(onLine: (line: Uint8Array) => void): LineCutter {
  /** The start of a line that a piece has cut. */
  let open: Uint8Array[] = [];
  let afterReturn = false;
  const end = (last: Uint8Array): void => {
    const line = open.length > 0 ? Buffer.concat([...open, last]) : last;
    open = [];
    onLine(line);
  };
  return {
    piece(bytes) {
      let start = 0;
      for (let i = 0; i < bytes.length; i++) {
        const byte = bytes[i];
        if (byte > CR || (byte !== LF && byte !== CR)) continue;
        if (byte === LF && afterReturn && i === start && open.length === 0) start = i + 1;
        else {
          end(bytes.subarray(start, i));
          start = i + 1;
        }
        afterReturn = byte === CR;
      }
      if (start < bytes.length) {
        open.push(Uint8Array.from(bytes.subarray(start)));
        afterReturn = false;
      }
    },
    end() {
      if (open.length > 0) end(new Uint8Array(0));
    },
  };
}

/**
 * Gives each line of a text that comes in pieces to `onLine`, and counts them in `place`; lines of white space come as empty ones, byte-order
 * marks at their beginning, where files have been joined, are left out.
 */
export async function readLines(
  pieces: AsyncIterable<Uint8Array>,
  place: LinePlace,
  onLine: (line: Uint8Array) => void,
): Promise<void> {
  const cutter = createLineCutter((line) => {
    place.line++;
    const marked = line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf;
    if (isBlank(line)) onLine(line.subarray(0, 0));
    else onLine(marked ? line.subarray(3) : line);
  });
  for await (const bytes of pieces) cutter.piece(bytes);
  cutter.end();
}

/** The lines of a text file as texts, those together whose ends have come together. */
export async function* textLines(file: string): AsyncGenerator<string[]> {
  let lines: string[] = [];
  const cutter = createLineCutter((line) => lines.push(Buffer.from(line).toString()));
  for await (const bytes of readText(file, false)) {
    cutter.piece(bytes);
    if (lines.length > 0) yield lines;
    lines = [];
  }
  cutter.end();
  if (lines.length > 0) yield lines;
}

/**
 * The two fields of a line, which `names` calls by name in errors.
 *
 * @throws InputError unless there is one tab, with something else than white space before and after it.
 */
export function splitFields(
  line: Uint8Array,
  place: LinePlace,
  names: readonly [string, string],
): [first: Uint8Array, second: Uint8Array] {
  const [first, second] = names;
  const form = `write ${first}<TAB>${second}`;
  const tab = line.indexOf(TAB);
  if (tab < 0) throw lineError(place, `has no tab between ${first} and ${second}: ${form}`);
  if (line.indexOf(TAB, tab + 1) >= 0) {
    const columns = option('columns', `${first}=1,${second}=2`);
    throw lineError(place, `has more than one tab: ${form}, or name the columns, as in ${columns}`);
  }
  const fields: [Uint8Array, Uint8Array] = [line.subarray(0, tab), line.subarray(tab + 1)];
  if (isBlank(fields[0])) throw lineError(place, `has a ${second} without a ${first}: ${form}`);
  if (isBlank(fields[1])) throw lineError(place, `has a ${first} without a ${second}: ${form}`);
  return fields;
}

/**
 * Signatures: what stands for a word that the vocabulary of a tagger lacks, in place of `<unk>`, as its looks tell much
 * of its part of speech. The idea is that of the Berkeley parser (Petrov et al. 2006, "Learning accurate, compact, and
 * interpretable tree annotation"); ours do not know whether a word is the first of its sentence, as a bidirectional
 * network does.
 *
 * `<unk:Xx-ing>` is a word with a capital first and the suffix `ing`. Before the suffix come
 * - the case: `x` without capitals, `Xx` a capital first, `XX` capitals alone, `xX` mixed, `.` no letter at all,
 * - `0` if there is a digit,
 * - `-` if there is a hyphen: `<unk:x0->` is `22-year`, but for its suffix.
 */

import { toLowerCase } from './lower-case.ts';

const LETTER = /\p{L}/u;
const SIGNATURE = /^<unk:(?:x|Xx|XX|xX|\.)0?-?(?:-\p{L}{2,3})?>$/u;
/** Rare words of the training part that must share a signature for it to be a token: fewer teach little. */
const LEAST_WORDS = 5;

/** Whether a token of a tagger's vocabulary is a signature. */
export function isSignature(token: string): boolean {
  return SIGNATURE.test(token);
}

/**
 * The signatures of a word, the most specific first: with a suffix of three letters, of two, of none, then without
 * hyphen and digit.
 */
export function signaturesOf(word: string): string[] {
  const characters = Array.from(word);
  const lower = characters.map(toLowerCase);
  const suffix = (length: number): string[] => {
    const letters = lower.slice(-length);
    return lower.length > length && letters.every((letter) => LETTER.test(letter)) ? [`-${letters.join('')}`] : [];
  };
  const letterCase = caseOf(characters, lower);
  const digit = /\p{Nd}/u.test(word) ? '0' : '';
  const hyphen = word.includes('-') ? '-' : '';
  const all = letterCase + digit + hyphen;
  const bodies = [...[...suffix(3), ...suffix(2)].map((end) => all + end), all, letterCase + digit, letterCase];
  return [...new Set(bodies)].map((body) => `<unk:${body}>`);
}

function caseOf(characters: readonly string[], lower: readonly string[]): string {
  const letters = characters.flatMap((character, i) => (LETTER.test(character) ? [character !== lower[i]] : []));
  const capitals = letters.filter((isCapital) => isCapital).length;
  if (letters.length === 0) return '.';
  if (capitals === 0) return 'x';
  if (capitals === letters.length && capitals > 1) return 'XX';
  return characters[0] !== lower[0] ? 'Xx' : 'xX';
}

/**
 * The signatures that are to be tokens, for the words of the training part that are not, with their counts: the most
 * specific ones that enough of the words share, then less specific ones that enough of the other words share. By
 * falling count, then by code unit.
 */
export function chooseSignatures(rare: ReadonlyMap<string, number>): string[] {
  const chosen = new Map<string, number>();
  let open = Array.from(rare, ([word, count]) => ({ count, signatures: signaturesOf(word) }));
  for (let level = 0; open.length > 0; level++) {
    const totals = new Map<string, number>();
    for (const { count, signatures } of open) {
      totals.set(signatures[level], (totals.get(signatures[level]) ?? 0) + count);
    }
    for (const [signature, total] of totals) if (total >= LEAST_WORDS) chosen.set(signature, total);
    open = open.filter(({ signatures }) => !chosen.has(signatures[level]) && level + 1 < signatures.length);
  }
  return [...chosen.keys()].sort((a, b) => chosen.get(b)! - chosen.get(a)! || (a < b ? -1 : 1));
}

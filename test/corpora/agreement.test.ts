/** That the committed files of the agreement corpus are what their program writes, and that they ask what they mean to ask. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  generate,
  isHeldOut,
  longestTrainedDistance,
  type Pair,
  pairLine,
  pairsPerAttractorCount,
  people,
  shippedSeed,
  things,
  verbs,
  type Word,
} from '../../corpora/agreement.ts';

const { sentences, pairs } = generate(shippedSeed);

interface Form {
  word: Word;
  plural: boolean;
}

/** Every form of the words in `list`. */
function formsOf(list: readonly Word[]): Map<string, Form> {
  return new Map(
    list.flatMap((word): [string, Form][] => [
      [word.singular, { word, plural: false }],
      [word.plural, { word, plural: true }],
    ]),
  );
}

const nounForms = formsOf([...people, ...things]);
const verbForms = formsOf(verbs);
const determiners = new Set(['the', 'this', 'every', 'these', 'some']);

interface Agreement {
  subject: Form;
  verb: Form;
  /** Numbers of the nouns between the two (true: plural). */
  attractors: boolean[];
  distance: number;
}

interface OpenClause {
  subject: Form;
  at: number;
  attractors: boolean[];
}

/**
 * Reads a sentence from left to right, apart from the program that wrote it: a noun phrase right after "who" or "that" opens
 * a clause, a present-tense verb closes the innermost. Returns the agreements in the order of their verbs.
 */
function read(sentence: string): { agreements: Agreement[]; open: OpenClause[] } {
  const open: OpenClause[] = [];
  const agreements: Agreement[] = [];
  let opensClause = true;
  let mainVerbSeen = false;
  sentence.split(' ').forEach((word, at, words) => {
    if (determiners.has(word) && ['who', 'that'].includes(words[at - 1])) opensClause = true;
    const noun = nounForms.get(word);
    if (noun !== undefined && !mainVerbSeen) {
      for (const clause of open) clause.attractors.push(noun.plural);
      if (opensClause) open.push({ subject: noun, at, attractors: [] });
      opensClause = false;
    }
    const verb = verbForms.get(word);
    if (verb !== undefined) {
      const { subject, at: start, attractors } = open.pop()!;
      agreements.push({ subject, verb, attractors, distance: at - start - 1 });
      mainVerbSeen = open.length === 0;
    }
  });
  return { agreements, open };
}

/** The main clause's agreement of a whole sentence. */
function mainAgreement(sentence: string): Agreement {
  return read(sentence).agreements.at(-1)!;
}

const asSentence = (pair: Pair): string => `${pair.prefix} ${pair.right}`;

/** Pearson's correlation of two sequences of booleans. */
function correlation(points: readonly (readonly [boolean, boolean])[]): number {
  const mean = (of: (p: readonly [boolean, boolean]) => boolean) => points.filter(of).length / points.length;
  const [a, b, both] = [mean((p) => p[0]), mean((p) => p[1]), mean((p) => p[0] && p[1])];
  return (both - a * b) / Math.sqrt(a * (1 - a) * b * (1 - b));
}

describe('the committed files', () => {
  const committed = (name: string) => readFileSync(new URL(`../../corpora/${name}`, import.meta.url), 'utf8');

  it('are what the program writes', () => {
    expect(committed('agreement.txt') === `${sentences.join('\n')}\n`).toBe(true);
    expect(committed('agreement.pairs.tsv') === `${pairs.map(pairLine).join('\n')}\n`).toBe(true);
  });

  it('hold words of lowercase letters separated by single spaces', () => {
    expect(sentences.filter((sentence) => !/^([a-z]+ )+\.$/.test(sentence))).toEqual([]);
    expect(pairs.filter((pair) => !/^([a-z]+ )+[a-z]+ [a-z]+$/.test(`${asSentence(pair)} ${pair.wrong}`))).toEqual([]);
  });
});

describe('the sentences', () => {
  const mains = sentences.map(mainAgreement);

  it('have every verb agree with its subject, and no clause left open', () => {
    const wrong = sentences.filter((sentence) => {
      const { agreements, open } = read(sentence);
      return open.length > 0 || agreements.length === 0 || agreements.some((a) => a.subject.plural !== a.verb.plural);
    });
    expect(wrong).toEqual([]);
  });

  it('never have a held-out noun and verb as subject and verb, in the main clause or a relative one', () => {
    const heldOut = sentences.filter((sentence) =>
      read(sentence).agreements.some((a) => isHeldOut(a.subject.word, a.verb.word)),
    );
    expect(heldOut).toEqual([]);
  });

  it('have 0 to 3 attractors, and distances up to the limit', () => {
    expect(new Set(mains.map((a) => a.attractors.length))).toEqual(new Set([0, 1, 2, 3]));
    expect(Math.max(...mains.map((a) => a.distance))).toBe(longestTrainedDistance);
  });

  it('number subjects and attractors independently', () => {
    // With some 11,000 attractors, of which each is a coin, 0.03 is three standard errors.
    const all = mains.flatMap((a) => a.attractors.map((plural) => [a.subject.plural, plural] as const));
    const last = mains.filter((a) => a.attractors.length > 0);
    expect(Math.abs(correlation(all))).toBeLessThan(0.03);
    expect(Math.abs(correlation(last.map((a) => [a.subject.plural, a.attractors.at(-1)!] as const)))).toBeLessThan(
      0.04,
    );
    expect(Math.abs(mains.filter((a) => a.subject.plural).length / mains.length - 0.5)).toBeLessThan(0.02);
    expect(Math.abs(all.filter(([, plural]) => plural).length / all.length - 0.5)).toBeLessThan(0.02);
  });
});

describe('the pairs', () => {
  const vocabulary = new Set(sentences.flatMap((sentence) => sentence.split(' ')));

  it('say truly how many attractors and words stand between subject and verb', () => {
    for (const pair of pairs) {
      const { attractors, distance } = mainAgreement(asSentence(pair));
      expect([pair.prefix, pair.attractors, pair.distance]).toEqual([pair.prefix, attractors.length, distance]);
    }
  });

  it('offer the two forms of one verb, the agreeing one first', () => {
    for (const pair of pairs) {
      const { subject, verb } = mainAgreement(asSentence(pair));
      expect(subject.plural).toBe(verb.plural);
      expect(pair.wrong).toBe(verb.plural ? verb.word.singular : verb.word.plural);
    }
  });

  it('are all of held-out subjects and verbs, in words that the sentences have', () => {
    for (const pair of pairs) {
      const { subject, verb } = mainAgreement(asSentence(pair));
      expect(isHeldOut(subject.word, verb.word)).toBe(true);
      expect(`${asSentence(pair)} ${pair.wrong}`.split(' ').filter((word) => !vocabulary.has(word))).toEqual([]);
    }
  });

  it('have each numbering of subject and attractors equally often, so that no noun between tells the answer', () => {
    for (const attractors of [0, 1, 2, 3, 4]) {
      const counts = new Map<string, number>();
      for (const pair of pairs.filter((p) => p.attractors === attractors)) {
        const main = mainAgreement(asSentence(pair));
        const key = [main.subject.plural, ...main.attractors].join();
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      const each = pairsPerAttractorCount / 2 ** (attractors + 1);
      expect([...counts.values()]).toEqual(Array(2 ** (attractors + 1)).fill(each));
    }
  });

  it('reach beyond training: in attractors, and in distance from two attractors on', () => {
    expect(Math.max(...pairs.map((pair) => pair.attractors))).toBe(4);
    for (const attractors of [2, 3, 4]) {
      const far = pairs.filter((pair) => pair.attractors === attractors && pair.distance > longestTrainedDistance);
      expect(far.length).toBeGreaterThan(80);
    }
  });
});

describe('generate', () => {
  it('depends on the seed and on nothing else', () => {
    expect(generate(7)).toEqual(generate(7));
    expect(generate(7).sentences).not.toEqual(sentences);
  });
});

/**
 * Writes agreement.txt and agreement.pairs.tsv beside itself: English sentences whose verb agrees with a noun that stands far
 * before it, and pairs of verb forms that ask a trained model which of the two it expects.
 *
 *     npx tsx corpora/agreement.ts
 *
 * The experiment is that of Linzen, Dupoux and Goldberg 2016, "Assessing the ability of LSTMs to learn syntax-sensitive
 * dependencies" (TACL 4), on an artificial grammar: "the keys by the cabinet near the doors are ...". Nouns between the
 * subject and its verb (attractors) are singular or plural by a fair coin each, so that neither the nearest of them nor their
 * majority tells the verb's number. Linzen et al. count only nouns of the other number; here every one counts.
 *
 * A fifth of the combinations of noun and verb (`isHeldOut`) never stand as subject and verb in the sentences, and all
 * pairs are made of these; pairs also have one attractor more, and longer distances, than any sentence.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRandom, type Random } from '../src/random.ts';

/** A noun or a present-tense verb: its two forms, and its place in its list. */
export interface Word {
  readonly singular: string;
  readonly plural: string;
  readonly index: number;
}

/** One question for a model: after `prefix`, is `right` more probable than `wrong`? */
export interface Pair {
  /** Words separated by spaces, from the start of the sentence. */
  readonly prefix: string;
  readonly right: string;
  readonly wrong: string;
  /** Nouns between the subject and the verb, 0 to 4. */
  readonly attractors: number;
  /** Words between the subject and the verb. */
  readonly distance: number;
}

/** The seed of the files that ship. */
export const shippedSeed = 2016;
/** Sentences in agreement.txt. */
export const sentenceCount = 8000;
/** No more words than this stand between a subject and its verb in agreement.txt. */
export const longestTrainedDistance = 10;
/** Pairs for each number of attractors: a multiple of the 32 ways to number a subject and four attractors. */
export const pairsPerAttractorCount = 320;

const mostTrainedAttractors = 3;

/** `text` holds "singular/plural" forms; indices start at `from`. */
function words(text: string, from = 0): Word[] {
  return text
    .trim()
    .split(/\s+/)
    .map((forms, i) => {
      const [singular, plural] = forms.split('/');
      return { singular, plural, index: from + i };
    });
}

export const people = words(`
  chef/chefs nurse/nurses pilot/pilots farmer/farmers teacher/teachers doctor/doctors painter/painters sailor/sailors
  writer/writers singer/singers dancer/dancers lawyer/lawyers baker/bakers driver/drivers author/authors actor/actors
  child/children woman/women man/men friend/friends neighbor/neighbors student/students soldier/soldiers
  gardener/gardeners cousin/cousins uncle/uncles guest/guests waiter/waiters hunter/hunters poet/poets`);

export const things = words(
  `
  key/keys cabinet/cabinets door/doors dish/dishes table/tables window/windows lamp/lamps book/books box/boxes
  bottle/bottles chair/chairs clock/clocks picture/pictures letter/letters basket/baskets mirror/mirrors candle/candles
  bridge/bridges boat/boats tower/towers garden/gardens shelf/shelves knife/knives bell/bells wheel/wheels coat/coats
  drum/drums statue/statues ladder/ladders house/houses`,
  people.length,
);

export const auxiliaries = words('is/are was/were has/have');
const personIntransitives = words(
  'laughs/laugh sleeps/sleep sings/sing smiles/smile waits/wait works/work eats/eat cries/cry runs/run talks/talk',
  auxiliaries.length,
);
const personTransitives = words(
  'admires/admire knows/know sees/see needs/need watches/watch likes/like remembers/remember wants/want hears/hear misses/miss',
  auxiliaries.length + personIntransitives.length,
);
const thingIntransitives = words(
  'shines/shine falls/fall breaks/break moves/move stands/stand disappears/disappear shakes/shake burns/burn',
  auxiliaries.length + personIntransitives.length + personTransitives.length,
);

/** All present-tense verbs. */
export const verbs = [...auxiliaries, ...personIntransitives, ...personTransitives, ...thingIntransitives];

export const adjectives = 'old young small tall new quiet strange famous gray little heavy foreign'.split(' ');
export const predicates = 'ready here late lost famous quiet strange gone safe new'.split(' ');
export const participles = 'arrived changed vanished returned fallen moved'.split(' ');
export const prepositions = 'near behind beside by opposite with'.split(' ');
export const adverbs = [
  'still',
  'now',
  'always',
  'often',
  'rarely',
  'very often',
  'quite often',
  'almost always',
  'very rarely',
];
export const closers = 'today again here outside tonight'.split(' ');
export const singularDeterminers = 'the the this every'.split(' ');
export const pluralDeterminers = 'the the these some'.split(' ');
export const personPastTransitives = 'cooked met found praised carried lost kept painted helped visited'.split(' ');
export const thingPastTransitives = 'touched covered hid blocked hit faced'.split(' ');
export const pastIntransitives = 'arrived fell vanished changed returned'.split(' ');

/** Whether `noun` and `verb` are kept out of agreement.txt as a subject and its verb: a diagonal of the table of both. */
export function isHeldOut(noun: Word, verb: Word): boolean {
  return (noun.index + verb.index) % 5 === 0;
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.integer(list.length)];
}

function form(word: Word, plural: boolean): string {
  return plural ? word.plural : word.singular;
}

/** A verb for `noun` from `candidates`, held out or not as `heldOut` says. */
function pickVerb(random: Random, noun: Word, candidates: readonly Word[], heldOut: boolean): Word {
  return pick(
    random,
    candidates.filter((verb) => isHeldOut(noun, verb) === heldOut),
  );
}

/** At most two different adjectives; each comes with probability `filler`. */
function adjectivesOrNone(random: Random, filler: number): string[] {
  const found = new Set<string>();
  while (found.size < 2 && random.uniform() < filler) found.add(pick(random, adjectives));
  return [...found];
}

/** Determiner, adjectives, noun. */
function nounPhrase(random: Random, noun: Word, plural: boolean, filler: number): string[] {
  const determiner = pick(random, plural ? pluralDeterminers : singularDeterminers);
  return [determiner, ...adjectivesOrNone(random, filler), form(noun, plural)];
}

/** One adverb of one or two words, with probability `filler`. */
function adverbOrNone(random: Random, filler: number): string[] {
  return random.uniform() < filler ? pick(random, adverbs).split(' ') : [];
}

/**
 * What stands between `head` and its verb: a noun for each of `numbers` (true: plural), in prepositional phrases, subject
 * relatives ("who cooked these dishes", in the past tense, which does not show the number) and at most one object
 * relative ("that the nurse near the doors admires", whose verb agrees with its own subject).
 */
function modifiers(
  random: Random,
  head: Word,
  numbers: readonly boolean[],
  filler: number,
  allowObjectRelative = true,
): string[] {
  const isPerson = people.includes(head);
  const relative = isPerson ? pick(random, ['who', 'that']) : 'that';
  if (numbers.length === 0) {
    return random.uniform() < filler
      ? [relative, ...adverbOrNone(random, filler), pick(random, pastIntransitives)]
      : [];
  }
  const [plural, ...rest] = numbers;
  const kind = random.integer(allowObjectRelative ? 4 : 3);
  if (kind === 3) {
    const subject = pick(random, people);
    const inside = modifiers(random, subject, rest, filler, false);
    const verb = pickVerb(random, subject, personTransitives, false);
    return [relative, ...nounPhrase(random, subject, plural, filler), ...inside, form(verb, plural)];
  }
  const noun = pick(random, random.uniform() < 0.5 ? people : things);
  const phrase = nounPhrase(random, noun, plural, filler);
  const after = rest.length > 0 ? modifiers(random, noun, rest, filler, allowObjectRelative) : [];
  if (kind === 2) {
    const past = pick(random, isPerson ? personPastTransitives : thingPastTransitives);
    return [relative, past, ...phrase, ...after];
  }
  return [pick(random, prepositions), ...phrase, ...after];
}

interface Clause {
  subject: Word;
  plural: boolean;
  /** All words before the verb. */
  prefix: string[];
  distance: number;
}

/** The words before the main verb; `numbers` are those of the attractors. */
function clause(random: Random, plural: boolean, numbers: readonly boolean[], filler: number): Clause {
  const subject = pick(random, random.uniform() < 0.5 ? people : things);
  const between = [...modifiers(random, subject, numbers, filler), ...adverbOrNone(random, filler)];
  const start = ['the', ...adjectivesOrNone(random, filler), form(subject, plural)];
  return { subject, plural, prefix: [...start, ...between], distance: between.length };
}

/** The verbs that a noun may have. */
function verbsFor(noun: Word): Word[] {
  return [
    ...auxiliaries,
    ...(people.includes(noun) ? [...personIntransitives, ...personTransitives] : thingIntransitives),
  ];
}

/** What follows the main verb. */
function ending(random: Random, verb: Word): string[] {
  if (verb.singular === 'has') return [pick(random, participles)];
  if (auxiliaries.includes(verb)) return [pick(random, predicates)];
  if (personTransitives.includes(verb)) {
    return nounPhrase(random, pick(random, random.uniform() < 0.5 ? people : things), random.uniform() < 0.5, 0.2);
  }
  return random.uniform() < 0.5 ? [pick(random, closers)] : [];
}

function coins(random: Random, count: number): boolean[] {
  return Array.from({ length: count }, () => random.uniform() < 0.5);
}

function trainingSentences(random: Random): string[] {
  const found = new Set<string>();
  while (found.size < sentenceCount) {
    const attractors = random.integer(mostTrainedAttractors + 1);
    const { subject, plural, prefix, distance } = clause(
      random,
      random.uniform() < 0.5,
      coins(random, attractors),
      0.2,
    );
    if (distance > longestTrainedDistance) continue;
    const verb = pickVerb(random, subject, verbsFor(subject), false);
    found.add([...prefix, form(verb, plural), ...ending(random, verb), '.'].join(' '));
  }
  return [...found];
}

/** Every numbering of subject and attractors equally often; every other round has many fillers, for the long distances. */
function testPairs(random: Random): Pair[] {
  const found = new Map<string, Pair>();
  for (let attractors = 0; attractors <= mostTrainedAttractors + 1; attractors++) {
    const numberings = 2 ** (attractors + 1);
    for (let i = 0; i < pairsPerAttractorCount; ) {
      const plural = (i & 1) === 1;
      const numbers = Array.from({ length: attractors }, (_, a) => ((i >> (a + 1)) & 1) === 1);
      const filler = Math.floor(i / numberings) % 2 === 0 ? 0.2 : 0.7;
      const { subject, prefix, distance } = clause(random, plural, numbers, filler);
      const verb = pickVerb(random, subject, verbsFor(subject), true);
      const pair = {
        prefix: prefix.join(' '),
        right: form(verb, plural),
        wrong: form(verb, !plural),
        attractors,
        distance,
      };
      const key = `${pair.prefix} ${pair.right}`;
      if (found.has(key)) continue;
      found.set(key, pair);
      i++;
    }
  }
  return [...found.values()];
}

/** The sentences of agreement.txt and the pairs of agreement.pairs.tsv for a seed (an integer from 0 to 2^53 - 1). */
export function generate(seed: number): { sentences: string[]; pairs: Pair[] } {
  return { sentences: trainingSentences(createRandom(seed, 0)), pairs: testPairs(createRandom(seed, 1)) };
}

/** One line of agreement.pairs.tsv, without its end: prefix, right verb, wrong verb, attractors, distance. */
export function pairLine(pair: Pair): string {
  return [pair.prefix, pair.right, pair.wrong, pair.attractors, pair.distance].join('\t');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { sentences, pairs } = generate(shippedSeed);
  writeFileSync(new URL('agreement.txt', import.meta.url), `${sentences.join('\n')}\n`);
  writeFileSync(new URL('agreement.pairs.tsv', import.meta.url), `${pairs.map(pairLine).join('\n')}\n`);
}

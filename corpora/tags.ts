/**
 * Writes tags.tsv beside itself: sentences of the grammar of agreement.ts, each word with its universal part of speech (Petrov, Das and
 * McDonald 2012, "A universal part-of-speech tagset").
 *
 *     npx tsx corpora/tags.ts
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  adjectives,
  adverbs,
  auxiliaries,
  closers,
  generate,
  participles,
  pastIntransitives,
  people,
  personPastTransitives,
  pluralDeterminers,
  predicates,
  prepositions,
  singularDeterminers,
  thingPastTransitives,
  things,
  verbs,
  type Word,
} from './agreement.ts';

/** The seed of the file that ships: not that of agreement.txt, so that its sentences are others. */
export const taggedSeed = 2012;
/** Sentences in tags.tsv. */
export const taggedCount = 1500;

const forms = (list: readonly Word[]): string[] => list.flatMap((word) => [word.singular, word.plural]);

const lists: [tag: string, words: readonly string[]][] = [
  ['NOUN', [...forms(people), ...forms(things), 'today', 'tonight']],
  ['AUX', forms(auxiliaries)],
  ['VERB', forms(verbs.filter((verb) => !auxiliaries.includes(verb)))],
  ['VERB', [...participles, ...pastIntransitives, ...personPastTransitives, ...thingPastTransitives]],
  ['ADJ', [...adjectives, ...predicates.filter((word) => !['here', 'lost'].includes(word))]],
  ['ADV', adverbs.flatMap((adverb) => adverb.split(' '))],
  ['ADV', closers.filter((word) => !['today', 'tonight'].includes(word))],
  ['ADP', prepositions],
  ['DET', [...singularDeterminers, ...pluralDeterminers]],
  ['PRON', ['who', 'that']],
  ['PUNCT', ['.']],
];
const tagByWord = new Map(lists.flatMap(([tag, words]) => words.map((word): [string, string] => [word, tag])));

/** A sentence of the grammar as pairs of word and tag. One word has two: a chef lost (verb) the keys, the keys are lost (adjective). */
export function tagSentence(sentence: string): [word: string, tag: string][] {
  return sentence.split(' ').map((word, i, words) => {
    const isPredicate = word === 'lost' && tagByWord.get(words[i - 1]) === 'AUX';
    return [word, isPredicate ? 'ADJ' : tagByWord.get(word)!];
  });
}

/** The content of tags.tsv for a seed. */
export function generateTags(seed: number): string {
  const sentences = generate(seed).sentences.slice(0, taggedCount).map(tagSentence);
  return sentences.map((pairs) => `${pairs.map((pair) => pair.join('\t')).join('\n')}\n`).join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('tags.tsv', import.meta.url), generateTags(taggedSeed));
}

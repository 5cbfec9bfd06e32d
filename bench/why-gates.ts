/**
 * `npm run bench:gates [-- options] [TEXT]`: the lectures' experiment. A vanilla RNN, a simplified GRU, a GRU and an
 * LSTM with equally many parameters learn the agreement corpus (by words) and a text (by characters; the shipped tales
 * by default). It measures how gradients decay before and after training, agreement by attractors and by distance, and
 * the loss against time.
 *
 * Figures go to docs/why-gates-*.svg, tables into docs/why-gates.md between its markers (both to the folder of --out, if given),
 * numbers to why-gates.json beside them. Runs are kept in --runs, and those that are done are not trained again.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { Chart } from '../src/draw/index.ts';
import type { RunConfig } from '../src/index.ts';
import type { Judgement } from '../src/inspect/index.ts';
import type { ModelConfig } from '../src/model/index.ts';
import type { TrainOptions } from '../src/options/index.ts';
import { draw, engine, inspect, library, model, text } from './built.ts';
import { equalHidden, NETWORKS, type Trained, trainedSeeds } from './gate-runs.ts';
import { describeMachine, thisMachine } from './machine.ts';
import { formatNumber, markdown, type Table } from './table.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const program = new Command('bench:gates')
  .argument('[text]', 'UTF-8 text for the models of characters', here('../corpora/tales.txt'))
  .option('--quick', 'one seed and little training: some minutes, to see that it works')
  .option('--seeds <n>', 'runs of each network', Number, 3)
  .option('--minutes <m>', 'of training on the text', Number, 2)
  .option('--runs <folder>', 'where runs are kept', 'runs/why-gates')
  .option('--out <folder>', 'where figures, tables and numbers go', here('../docs'))
  .parse();
const { quick = false, ...given } = program.opts<{
  quick?: boolean;
  seeds: number;
  minutes: number;
  runs: string;
  out: string;
}>();
const seeds = quick ? 1 : given.seeds;
const minutes = quick ? 0.2 : given.minutes;
const { runs, out } = given;
const textFile = program.args[0] ?? here('../corpora/tales.txt');
const agreementFile = here('../corpora/agreement.txt');
const pairsFile = here('../corpora/agreement.pairs.tsv');

/** Of the LSTM; the others get the hidden size that gives as many parameters. */
const WORD_HIDDEN = quick ? 32 : 128;
const CHARACTER_HIDDEN = quick ? 64 : 256;
const EMBEDDING = 64;
/** Two, with dropout between them: 8,000 sentences are soon known by heart. */
const WORD_LAYERS = 2;
const DROPOUT = 0.5;
/** Steps back from a character's loss, and from a verb's. */
const MOST_STEPS = quick ? 100 : 200;
const VERB_STEPS = 20;
const WARM_UP = 50;
const SEQUENCES = 256;

const agreementOptions: Partial<TrainOptions> = {
  files: [agreementFile],
  tokenizer: 'word',
  pretokenized: true,
  format: 'lines',
  layers: WORD_LAYERS,
  dropout: DROPOUT,
  embedding: EMBEDDING,
  epochs: quick ? 2 : 20,
};
const VAL_SPLIT = 0.1;
const textOptions: Partial<TrainOptions> = {
  files: [textFile],
  layers: 1,
  embedding: 0,
  minutes,
  valSplit: VAL_SPLIT,
  evalEvery: 100,
};
const RATES = quick ? [0.01] : [0.003, 0.01, 0.02];

/** What one network has come to. */
interface Result {
  name: string;
  words: { hidden: number; parameters: number; rate: number; valLoss: number[]; judgements: Judgement[][] };
  characters: { hidden: number; parameters: number; rate: number; valLoss: number[]; curves: Trained['curve'][] };
  /** Norms by steps back, means over seeds: of the text before and after training, and of the verb after it. */
  decay: { init: States; trained: States; verb: States };
}

interface States {
  h: number[];
  c?: number[];
}

async function vocabularyOf(file: string, options: Parameters<typeof text.readCorpus>[1]): Promise<number> {
  const corpus = await text.readCorpus([file], options);
  corpus.close();
  return corpus.tokenizer.vocabulary.length;
}

const pairs = inspect.parsePairs(readFileSync(pairsFile, 'utf8'), basename(pairsFile));
const wordVocabulary = await vocabularyOf(agreementFile, {
  format: 'lines',
  tokenizer: { kind: 'word', pretokenized: true },
});
const characterVocabulary = await vocabularyOf(textFile, { format: 'stream', tokenizer: { kind: 'char' } });

const results: Result[] = [];
for (const network of NETWORKS) {
  const { name, cell, gruReset } = network;
  const file = name.replaceAll(' ', '-');
  const ofWords = equalHidden(network, WORD_HIDDEN, {
    layers: WORD_LAYERS,
    vocabulary: wordVocabulary,
    embedding: EMBEDDING,
  });
  const words = await trainedSeeds(
    join(runs, `agreement-${file}`),
    { ...agreementOptions, cell, gruReset, hidden: ofWords.hidden },
    { rates: RATES, seeds },
  );
  const ofCharacters = equalHidden(network, CHARACTER_HIDDEN, {
    layers: 1,
    vocabulary: characterVocabulary,
    embedding: 0,
  });
  const characters = await trainedSeeds(
    join(runs, `text-${file}`),
    { ...textOptions, cell, gruReset, hidden: ofCharacters.hidden },
    { rates: RATES, seeds },
  );
  results.push({
    name,
    words: {
      ...ofWords,
      rate: words.rate,
      valLoss: words.runs.map(({ valLoss }) => valLoss),
      judgements: words.runs.map(({ folder }) => judge(folder)),
    },
    characters: {
      ...ofCharacters,
      rate: characters.rate,
      valLoss: characters.runs.map(({ valLoss }) => valLoss),
      curves: characters.runs.map(({ curve }) => curve),
    },
    decay: {
      init: meanStates(await Promise.all(characters.runs.map(({ folder }) => textGradients(folder, true)))),
      trained: meanStates(await Promise.all(characters.runs.map(({ folder }) => textGradients(folder, false)))),
      verb: meanStates(words.runs.map(({ folder }) => verbGradients(folder))),
    },
  });
}

function judge(folder: string): Judgement[] {
  const { steps, tokenizer } = library.load(folder);
  return inspect.judgePairs({ steps, tokenizer, bos: text.BOS }, pairs, basename(pairsFile)).judgements;
}

function modelOf({ options, vocabulary }: RunConfig): ModelConfig {
  const { cell, gruReset, layers, hidden, embedding, tie } = options;
  return model.completeModel({ cell, gruReset, layers, hidden, embedding, tie, vocabulary });
}

/** By the states before a character, at positions all over the text's last tenth. */
async function textGradients(folder: string, atInit: boolean): Promise<States> {
  const { tokenizer, parameters, config } = library.load(folder);
  const corpus = await text.readCorpus([textFile], { format: 'stream', tokenizer, valSplit: VAL_SPLIT });
  const sequences = inspect.equalSequences(corpus.valid!, SEQUENCES, WARM_UP + MOST_STEPS + 2);
  corpus.close();
  const shape = modelOf(config);
  const initial = model.initialValues(engine.parameterSpecs(shape), config.options.seed);
  const weights = atInit ? parameters.map((tensor) => ({ ...tensor, data: initial.get(tensor.name)! })) : parameters;
  return engine.createInspector(shape, weights, sequences[0].length).gradients(sequences, MOST_STEPS)[0];
}

/** By the top layer's states before the right verb, in the pairs with a prefix of more than `VERB_STEPS` words. */
function verbGradients(folder: string): States {
  const { tokenizer, parameters, config } = library.load(folder);
  const sequences = pairs
    .map(({ prefix, right }) => [text.BOS, ...tokenizer.encode(`${prefix} ${right}`)])
    .filter((tokens) => tokens.length > VERB_STEPS + 1);
  const longest = Math.max(...sequences.map((tokens) => tokens.length));
  return engine.createInspector(modelOf(config), parameters, longest).gradients(sequences, VERB_STEPS)[
    config.options.layers - 1
  ];
}

function meanStates(states: readonly States[]): States {
  const mean = (lists: readonly number[][]): number[] =>
    lists[0].map((_, k) => lists.reduce((sum, list) => sum + list[k], 0) / lists.length);
  const c = states.flatMap((one) => (one.c ? [one.c] : []));
  return { h: mean(states.map(({ h }) => h)), ...(c.length > 0 ? { c: mean(c) } : {}) };
}

/** Mean, and the smallest and largest one where there are several. */
function spread(values: readonly number[], show: (value: number) => string): string {
  const mean = show(values.reduce((sum, value) => sum + value, 0) / values.length);
  return values.length === 1 ? mean : `${mean} (${show(Math.min(...values))} to ${show(Math.max(...values))})`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const accuracies = ({ words }: Result, keep: (judgement: Judgement) => boolean): number[] =>
  words.judgements.map((judgements) => inspect.share(judgements.filter(keep)).accuracy);

const tables: Record<string, Table> = {
  networks: {
    title: 'The networks',
    columns: [
      'network',
      'words: hidden',
      'parameters',
      'learning rate',
      'characters: hidden',
      'parameters',
      'learning rate',
    ],
    rows: results.map(({ name, words, characters }) => [
      name,
      String(words.hidden),
      words.parameters,
      String(words.rate),
      String(characters.hidden),
      characters.parameters,
      String(characters.rate),
    ]),
  },
  decay: {
    title: 'How gradients decay',
    columns: [
      'network',
      'at initialisation: factor a step',
      'a hundredth after',
      'after training: factor a step',
      'a hundredth after',
    ],
    rows: results.flatMap(({ name, decay }) =>
      (['h', 'c'] as const).flatMap((state) => {
        const [before, after] = [decay.init[state], decay.trained[state]];
        if (!before || !after) return [];
        const row = [before, after].flatMap((norms) => {
          const { factor, hundredth } = inspect.decayOf(norms);
          return [factor.toFixed(3), hundredth === null ? `more than ${MOST_STEPS}` : String(hundredth)];
        });
        return [[decay.init.c ? `${name}, ${state}` : name, ...row]];
      }),
    ),
  },
  attractors: {
    title: 'Agreement by attractors',
    columns: ['network', ...[0, 1, 2, 3, 4].map(String), 'distance > 10'],
    rows: results.map((result) => [
      result.name,
      ...[0, 1, 2, 3, 4].map((n) =>
        spread(
          accuracies(result, ({ pair }) => pair.attractors === n),
          percent,
        ),
      ),
      spread(
        accuracies(result, ({ pair }) => pair.distance! > 10),
        percent,
      ),
    ]),
  },
  losses: {
    title: 'Validation loss',
    columns: ['network', 'agreement, nats a word', `${basename(textFile)}, nats a character`],
    rows: results.map(({ name, words, characters }) => [
      name,
      spread(words.valLoss, (loss) => loss.toFixed(3)),
      spread(characters.valLoss, (loss) => loss.toFixed(3)),
    ]),
  },
};

/** Distances in one point of the figure: few pairs have any one of them. */
const DISTANCE_BIN = 3;

const decayFigure = (title: string, label: string, of: (result: Result) => States): Chart => ({
  title,
  x: { label },
  y: { label: 'norm of the gradient', log: true },
  series: results.flatMap((result) => {
    const { h, c } = of(result);
    const series = (name: string, norms: number[], dashed: boolean) => ({
      name,
      dashed,
      points: norms.map((norm, k): [number, number] => [k, norm]),
    });
    return [series(result.name, h, false), ...(c ? [series(`${result.name}, c`, c, true)] : [])];
  }),
});

const charts: Record<string, Chart> = {
  init: decayFigure(
    'At initialisation: gradient of a character’s loss',
    'characters before it',
    ({ decay }) => decay.init,
  ),
  trained: decayFigure(
    'After training: gradient of a character’s loss',
    'characters before it',
    ({ decay }) => decay.trained,
  ),
  verb: decayFigure('After training: gradient of a verb’s loss', 'words before it', ({ decay }) => decay.verb),
  agreement: {
    title: 'Right verb likelier than the wrong one',
    x: { label: 'words between subject and verb (trained on: up to 10)' },
    y: { label: 'share of the pairs', range: [0.4, 1] },
    series: results.map((result) => {
      const binOf = (distance: number): number => Math.floor(distance / DISTANCE_BIN);
      const bins = [...new Set(pairs.map(({ distance }) => binOf(distance!)))].sort((a, b) => a - b);
      return {
        name: result.name,
        points: bins.map((bin): [number, number] => {
          const all = accuracies(result, ({ pair }) => binOf(pair.distance!) === bin);
          return [DISTANCE_BIN * (bin + 0.5) - 0.5, all.reduce((sum, value) => sum + value, 0) / all.length];
        }),
      };
    }),
  },
  loss: {
    title: `Validation loss on ${basename(textFile)}`,
    x: { label: 'seconds of training' },
    y: { label: 'nats a character' },
    series: results.map(({ name, characters }) => ({ name, points: meanCurve(characters.curves) })),
  },
};

/** The mean over runs at each of 60 moments, on straight lines between the losses measured, from where all runs have one. */
function meanCurve(curves: readonly Trained['curve'][]): [number, number][] {
  const first = Math.max(...curves.map((curve) => curve[0][0]));
  const last = Math.min(...curves.map((curve) => curve[curve.length - 1][0]));
  return Array.from({ length: 60 }, (_, i): [number, number] => {
    const moment = first + ((last - first) * i) / 59;
    const losses = curves.map((curve) => {
      const after = curve.findIndex(([seconds]) => seconds >= moment - 1e-9);
      const [[from, before], [to, loss]] = [curve[Math.max(0, after - 1)], curve[after]];
      return to > from ? before + ((loss - before) * (moment - from)) / (to - from) : loss;
    });
    return [moment, losses.reduce((sum, loss) => sum + loss, 0) / losses.length];
  });
}

/** Puts a table in the place of what is between its markers. */
function fillIn(page: string, name: string, words: string): string {
  const begin = `<!-- ${name} -->`;
  const end = `<!-- /${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`why-gates.md has no ${begin} … ${end}.`);
  return `${page.slice(0, from + begin.length)}\n${words}\n${page.slice(to)}`;
}

mkdirSync(out, { recursive: true });
for (const [name, chart] of Object.entries(charts)) {
  writeFileSync(join(out, `why-gates-${name}.svg`), draw.lineChart(chart));
}
const setting = `${describeMachine(thisMachine())}; ${formatNumber(minutes)} minutes on ${basename(textFile)}, ${agreementOptions.epochs} epochs of the agreement corpus, ${seeds} seeds`;
const body = (table: Table): string => markdown(table).split('\n\n').slice(1).join('\n\n');
let page = readFileSync(here('../docs/why-gates.md'), 'utf8');
page = fillIn(page, 'setting', `${setting}.`);
for (const [name, table] of Object.entries(tables)) page = fillIn(page, name, `\n${body(table)}\n`);
writeFileSync(join(out, 'why-gates.md'), page);
const numbers = results.map(({ words: { judgements, ...words }, ...result }) => ({
  ...result,
  words: {
    ...words,
    byAttractors: judgements.map((all) => inspect.tabulate(all, ({ pair }) => pair.attractors)),
    byDistance: judgements.map((all) => inspect.tabulate(all, ({ pair }) => pair.distance)),
  },
}));
writeFileSync(join(out, 'why-gates.json'), `${JSON.stringify({ setting, results: numbers })}\n`);
for (const table of Object.values(tables)) console.log(`${markdown(table)}\n`);

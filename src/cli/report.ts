/** What `lm train` tells people: a header, a progress bar or plain lines, samples, and a summary. */

import { basename } from 'node:path';
import { createModel, sample } from '../ask/index.ts';
import { wrapped } from '../draw/index.ts';
import { option } from '../errors.ts';
import { isExampleTask } from '../options/index.ts';
import type { StartEvent, StepEvent, TrainEvent } from '../run/index.ts';
import type { FileShare } from '../text/index.ts';
import { shareDone, type Training } from '../train/index.ts';
import {
  bestOf,
  corpusName,
  count,
  duration,
  LM,
  MOST_NAMES,
  modelName,
  percent,
  scoresOf,
  shellWord,
  usualMeasure,
} from './format.ts';
import { taskWords } from './tasks.ts';
import { createProgressBar, isTerminal, printable, style, textWidth, writeLine, writeProse } from './terminal.ts';

/** Seconds between plain lines about steps, where there is no progress bar. */
const LINE_EVERY = 5;
const INDENT = '    ';
/** Columns of the names in the header. */
const HEADING = 8;
/** Documents that are shown at an evaluation on a terminal. */
const SAMPLE_LINES = 4;

/** A report on `training`, on stdout. */
export async function trainReport(training: Training): Promise<{ event(event: TrainEvent): Promise<void> }> {
  const { config, folder } = training;
  const { task } = config.options;
  const words = taskWords[task];
  const { batchesPerEpoch } = training.data.batches;
  const bar = await createProgressBar();
  let lastLine = -Infinity;

  /** A loss of a text in the unit that is usual for it. */
  const measure = (loss: number, part: 'train' | 'valid' = 'valid'): string[] =>
    usualMeasure(training, loss, training.data.unknown[part].spellingBits);

  const step = async (event: StepEvent) => {
    const { share } = shareDone(config, batchesPerEpoch, event);
    const left = share > 0 ? (event.elapsedSeconds / share) * (1 - share) : 0;
    const loss = `loss ${event.trainLoss.toFixed(3)}`;
    const time = `${duration(left)} left`;
    const [at, speed] = [`step ${event.step}`, `${count(event.tokensPerSecond)} ${words.counted}/s`];
    bar(share, [loss, time, at, ...measure(event.trainLoss, 'train'), speed]);
    if (isTerminal() || event.elapsedSeconds - lastLine < LINE_EVERY) return;
    lastLine = event.elapsedSeconds;
    const parts = [at, loss, ...measure(event.trainLoss, 'train'), speed, time];
    await writeLine(`${Math.round(100 * share)} %  ${parts.join('  ')}`);
  };

  return {
    async event(event) {
      if (event.event === 'step') return step(event);
      if (event.event === 'checkpoint') return;
      if (event.event === 'start') {
        await writeProse(header(training, event), ' '.repeat(HEADING));
      } else if (event.event === 'eval') {
        lastLine = event.elapsedSeconds;
        const measured = event.valTokens === undefined ? '' : ` (first ${count(event.valTokens)} ${words.counted})`;
        const losses = `train ${event.trainLoss.toFixed(3)}  validation ${style.bold(event.valLoss.toFixed(3))}${measured}`;
        const best = event.best ? style.green('  best so far') : '';
        const parts = [`step ${event.step}`, `epoch ${event.epoch.toFixed(1)}`, losses];
        parts.push(...measure(event.valLoss), ...scoresOf(event));
        await writeProse(parts.join('  ') + best, '  ');
        if (isTerminal() && words.samples) await writeLine(style.dim(paragraph(printable(shortSample(training)))));
      } else if (event.event === 'done') {
        const stopped = event.reason === 'patience' ? `, as ${whyStopped(training)}` : '';
        const interrupted = event.reason === 'interrupted' ? 'Interrupted' : 'Done';
        let best = '';
        if (event.valLoss !== null) {
          const unit = measure(event.valLoss).map((text) => ` (${text})`);
          best = `; best ${isExampleTask(task) ? 'weights: ' : ''}${bestOf(event)}${unit.join('')} at step ${event.bestStep}`;
        }
        const speed = `${count(event.tokensPerSecond)} ${words.counted}/s`;
        await writeProse(
          `${interrupted} after ${event.step} steps, ${duration(event.elapsedSeconds)}, ${speed}${stopped}${best}.`,
        );
        if (event.profile) await writeLine(profileLines(event.profile));
        await writeLine(`Next: ${style.bold(`${LM} ${words.next(shellWord(folder))}`)}`);
      }
    },
  };
}

function whyStopped({ config }: Training): string {
  if (config.options.patience !== null) return 'validation no longer improved';
  return `the validation loss has long been rising (${option('patience', 0)} goes on)`;
}

/** Some text with the weights that were evaluated: the start of a text, or a few short documents. */
function shortSample({ engine, ...run }: Training): string {
  const model = createModel({ ...run, parameters: engine.average }, 1);
  const lines = run.config.options.format !== 'stream';
  const length = run.tokenizer.scheme.lengths.glimpse;
  const texts: string[] = [];
  for (const { sample: i, text } of sample(model, { length, samples: lines ? SAMPLE_LINES : 1, temperature: 0.8 })) {
    texts[i] = (texts[i] ?? '') + text;
  }
  return texts.join('\n').trim();
}

function header(training: Training, event: StartEvent): string {
  const { config, folder, data, progress } = training;
  const { train, valid } = data.unknown;
  const padding = data.padding > 0 ? `; padding ${percent(data.padding)} of what is computed` : '';
  const rows = [
    ['corpus', `${corpusName(config.options.files)}: ${corpusSizes(training, event)}`],
    [
      'tokens',
      `${vocabularySizes(training)}; unknown ${percent(train.share)} in training, ${percent(valid.share)} in validation${padding}`,
    ],
    ['model', `${modelName(config)}: ${count(event.parameters)} parameters`],
    ['memory', `${Math.ceil(event.memoryBytes / 2 ** 20)} MB`],
    [
      'kernel',
      `${event.kernel}, ${precisionName(event)}, ${event.threads} ${event.threads === 1 ? 'thread' : 'threads'}`,
    ],
    ['run', progress.step === 0 ? folder : `${folder}, going on from step ${progress.step}`],
  ];
  return rows.map(([name, value]) => `${style.cyan(name.padEnd(HEADING))}${printable(value)}`).join('\n');
}

function precisionName({ precision, kernel }: StartEvent): string {
  return precision === 'bf16' && kernel !== 'native' ? 'bf16 (slow without the native kernels)' : precision;
}

/** What there is to train on, by the task. */
function corpusSizes({ config, data, tokenizer }: Training, event: StartEvent): string {
  const { task, valid } = config.options;
  const held = valid === null ? '' : ` in ${basename(valid)}`;
  if (data.examples === undefined) {
    return `${count(event.trainTokens)} ${tokenizer.scheme.units} to train on, ${count(event.valTokens)} to validate on${held || heldOut(data.shares)}`;
  }
  const { train, valid: validation } = data.examples;
  return `${count(train)} ${taskWords[task].examples} (${count(data.tokens)} tokens) to train on, ${count(validation)} to validate on${held}`;
}

/** How much of each file is for validation, where there are several. */
function heldOut(shares: readonly FileShare[]): string {
  if (shares.length === 0) return '';
  if (shares.length > MOST_NAMES) return ', the end of each file';
  const each = shares.map(({ file, valid }) => `${count(valid)} of ${basename(file)}`);
  return `, the last ${each.join(', ')}`;
}

function vocabularySizes({ config, tokenizer, targetTokenizer, labels }: Training): string {
  const size = `vocabulary of ${count(tokenizer.vocabulary.length)}`;
  if (targetTokenizer) return `${size} for sources, of ${count(targetTokenizer.vocabulary.length)} for targets`;
  if (labels.length === 0) return size;
  return `${size}; ${count(labels.length)} ${taskWords[config.options.task].classes}`;
}

/** Shares of the threads' time by phase. */
function profileLines(profile: Record<string, number>): string {
  const total = Object.values(profile).reduce((sum, seconds) => sum + seconds, 0);
  return Object.entries(profile)
    .filter(([, seconds]) => seconds > 0)
    .map(
      ([phase, seconds]) =>
        `${phase.padEnd(18)} ${((100 * seconds) / total).toFixed(1).padStart(5)} %  ${seconds.toFixed(2)} s`,
    )
    .join('\n');
}

/** Indented lines, broken between words to fit the terminal; blank ones are left out. */
function paragraph(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => wrapped(INDENT + line.trim(), textWidth() - INDENT.length, INDENT)).join('\n');
}

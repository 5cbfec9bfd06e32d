/** Numbers and names as people read them. */

import { basename } from 'node:path';
import { isExampleTask } from '../options/index.ts';
import type { ListedRun, RunConfig, RunDescription } from '../run/index.ts';
import { taskWords } from './tasks.ts';
import { printable } from './terminal.ts';

/** 1234567 -> 1,234,567. */
export function count(n: number): string {
  return Math.round(n).toLocaleString('en');
}

/** 0.1234 -> 12.34 %. */
export function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}

/** A model in a few words. */
export function modelName({ options, cutoffs }: RunConfig): string {
  const {
    cell,
    gruReset,
    layerNorm,
    layers,
    hidden,
    embedding,
    bidirectional,
    merge,
    pool,
    output,
    tagScheme,
    attention,
  } = options;
  const parts = [
    `${cell}${cell === 'gru' && gruReset === 'none' ? ' without reset' : ''} ${layers} x ${hidden}`,
    ...(layerNorm ? ['layer normalization'] : []),
    embedding === 0 ? 'one-hot input' : `embedding ${embedding}`,
    ...(bidirectional ? [`bidirectional, ${merge === 'sum' ? 'added' : 'side by side'}`] : []),
    ...(pool === null ? [] : [`by the ${pool === 'last' ? 'final states' : `${pool} over time`}`]),
    ...(output === 'softmax' ? [] : [tagScheme === 'none' ? output : `${output} that keeps the rule of ${tagScheme}`]),
    ...(attention === null || attention === 'none' ? [] : [`${attention} attention`]),
    ...(cutoffs ? [`adaptive softmax cut at ${cutoffs.join(' and ')}`] : []),
  ];
  return parts.join(', ');
}

interface Validated {
  valAccuracy?: number | undefined;
  valMacroF1?: number | undefined;
}

/** The scores of a validation besides its loss, where there are such. */
export function scoresOf({ valAccuracy, valMacroF1 }: Validated): string[] {
  return [
    ...(valAccuracy === undefined ? [] : [`accuracy ${percent(valAccuracy)}`]),
    ...(valMacroF1 === undefined ? [] : [`macro F1 ${valMacroF1.toFixed(3)}`]),
  ];
}

/** What the best weights reached in validation. */
export function bestOf({ valLoss, valAccuracy, valMacroF1 }: Validated & { valLoss: number | null }): string {
  const scores = scoresOf({ valAccuracy, valMacroF1 }).map((score) => `, ${score}`);
  return `validation loss ${valLoss?.toFixed(4)}${scores.join('')}`;
}

/**
 * A loss of a text in the unit that is usual for it; bits have `spellingBits` added, those a token that spell what the vocabulary
 * lacks. Nothing where the run's task reads no text.
 */
export function usualMeasure(
  { config, tokenizer }: Pick<RunDescription, 'config' | 'tokenizer'>,
  loss: number,
  spellingBits: number,
): string[] {
  const { task } = config.options;
  if (isExampleTask(task)) return [];
  const { measure, unit } = tokenizer.scheme;
  const figure =
    measure === 'bits'
      ? `${(loss / Math.LN2 + spellingBits).toFixed(3)} bits per ${unit}`
      : `perplexity ${Math.exp(loss).toFixed(1)}`;
  return [figure + (taskWords[task].given ?? '')];
}

/** What a run's best weights reached in validation besides the loss: scores, or the loss in the unit that is usual. */
export function bestMeasure(run: ListedRun): string {
  const { valLoss, valSpellingBits } = run.summary;
  if (valLoss === null) return '';
  return [...scoresOf(run.summary), ...usualMeasure(run, valLoss, valSpellingBits)].join(', ');
}

/** 75 -> 1:15. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/** How the command was called, for advice that can be typed as it stands: in a clone `lm` itself is not on the path. */
export const LM = process.env.npm_command === 'exec' ? 'npx lm' : 'lm';

/** Quoted where a shell needs it, and without control characters, which a name may have but a terminal must not be sent. */
export function shellWord(text: string): string {
  if (/^[\w./-]+$/.test(text)) return text;
  if (printable(text) === text) return `'${text.replaceAll("'", "'\\''")}'`;
  return `$'${printable(text.replace(/[\\']/g, '\\$&'))}'`;
}

/** Files of a corpus that are named one by one. */
export const MOST_NAMES = 3;

/** The first files by name, the others by number. */
export function corpusName(files: readonly string[]): string {
  if (files.length === 0) return 'the default corpus';
  const names = files.slice(0, MOST_NAMES).map((file) => basename(file));
  return names.join(', ') + (files.length > MOST_NAMES ? ` and ${files.length - MOST_NAMES} more` : '');
}

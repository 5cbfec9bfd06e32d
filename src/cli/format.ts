/** Numbers and names as people read them. */

import { basename } from 'node:path';
import { isExampleTask } from '../options/index.ts';
import type { RunConfig, RunDescription } from '../run/index.ts';
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

/** What the best weights reached in validation. */
export function bestOf({ valLoss, valAccuracy }: { valLoss: number | null; valAccuracy?: number }): string {
  const accuracy = valAccuracy === undefined ? '' : `, accuracy ${percent(valAccuracy)}`;
  return `validation loss ${valLoss?.toFixed(4)}${accuracy}`;
}

/** A loss of a text in the unit that is usual for it, bits or perplexity; undefined where the run's task reads no text. */
export function usualMeasure(
  { config, tokenizer }: Pick<RunDescription, 'config' | 'tokenizer'>,
  loss: number,
): string | undefined {
  if (isExampleTask(config.options.task)) return undefined;
  const { measure, unit } = tokenizer.scheme;
  return measure === 'bits'
    ? `${(loss / Math.LN2).toFixed(3)} bits per ${unit}`
    : `perplexity ${Math.exp(loss).toFixed(1)}`;
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
const MOST_NAMES = 3;

/** The first files by name, the others by number. */
export function corpusName(files: readonly string[]): string {
  if (files.length === 0) return 'the default corpus';
  const names = files.slice(0, MOST_NAMES).map((file) => basename(file));
  return names.join(', ') + (files.length > MOST_NAMES ? ` and ${files.length - MOST_NAMES} more` : '');
}

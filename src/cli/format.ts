/** Numbers and names as people read them. */

import type { RunConfig } from '../run/index.ts';
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
  const { cell, gruReset, layers, hidden, embedding, bidirectional, merge, pool, attention } = options;
  const parts = [
    `${cell}${cell === 'gru' && gruReset === 'none' ? ' without reset' : ''} ${layers} x ${hidden}`,
    embedding === 0 ? 'one-hot input' : `embedding ${embedding}`,
    ...(bidirectional ? [`bidirectional, ${merge === 'sum' ? 'added' : 'side by side'}`] : []),
    ...(pool === null ? [] : [`by the ${pool === 'last' ? 'final states' : `${pool} over time`}`]),
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

/** What `lm train` tells people: a header, a progress bar or plain lines, samples, and a summary. */

import { basename } from 'node:path';
import { type StartEvent, type StepEvent, shareDone, type TrainEvent, type Training } from '../train/index.ts';
import { count, duration, shellWord } from './format.ts';
import { createProgressBar, printable, style, writeLine } from './terminal.ts';

/** Seconds between plain lines about steps, where there is no progress bar. */
const LINE_EVERY = 5;

/** A report on `training`, on stdout; `sample` writes some text with the weights as they are. */
export async function trainReport(
  training: Training,
  sample?: () => string,
): Promise<{ event(event: TrainEvent): Promise<void> }> {
  const { config, folder, tokenizer } = training;
  const { batchesPerEpoch } = training.data.batches;
  const bar = await createProgressBar();
  let lastLine = -Infinity;

  const measure = (loss: number): string =>
    tokenizer.kind === 'char'
      ? `${(loss / Math.LN2).toFixed(3)} bits per character`
      : `perplexity ${Math.exp(loss).toFixed(1)}`;

  const step = async (event: StepEvent) => {
    const { share } = shareDone(config, batchesPerEpoch, event);
    const left = share > 0 ? (event.elapsedSeconds / share) * (1 - share) : 0;
    const text = [
      `step ${event.step}`,
      `loss ${event.trainLoss.toFixed(3)}`,
      measure(event.trainLoss),
      `${count(event.tokensPerSecond)} tokens/s`,
      `${duration(left)} left`,
    ].join('  ');
    bar.update(share, text);
    if (process.stdout.isTTY || event.elapsedSeconds - lastLine < LINE_EVERY) return;
    lastLine = event.elapsedSeconds;
    await writeLine(`${Math.round(100 * share)} %  ${text}`);
  };

  return {
    async event(event) {
      if (event.event === 'step') return step(event);
      if (event.event === 'checkpoint') return;
      bar.hide();
      if (event.event === 'start') {
        await writeLine(header(training, event));
      } else if (event.event === 'eval') {
        lastLine = event.elapsedSeconds;
        const losses = `train ${event.trainLoss.toFixed(3)}  validation ${style.bold(event.valLoss.toFixed(3))}`;
        const best = event.best ? style.green('  best so far') : '';
        await writeLine(
          `step ${event.step}  epoch ${event.epoch.toFixed(1)}  ${losses}  ${measure(event.valLoss)}${best}`,
        );
        if (sample !== undefined && process.stdout.isTTY) await writeLine(style.dim(indent(printable(sample()))));
      } else if (event.event === 'done') {
        const stopped = event.reason === 'patience' ? ', as validation no longer improved' : '';
        const interrupted = event.reason === 'interrupted' ? 'Interrupted' : 'Done';
        const best =
          event.valLoss === null
            ? ''
            : `; best validation loss ${event.valLoss.toFixed(4)} (${measure(event.valLoss)}) at step ${event.bestStep}`;
        const speed = `${count(event.tokensPerSecond)} tokens/s`;
        await writeLine(
          `${interrupted} after ${event.step} steps, ${duration(event.elapsedSeconds)}, ${speed}${stopped}${best}.`,
        );
        await writeLine(`Next: ${style.bold(`lm sample ${shellWord(folder)}`)}`);
      }
    },
  };
}

function header({ config, folder, tokenizer, progress }: Training, event: StartEvent): string {
  const { files, cell, layers, hidden, embedding, valSplit, valid } = config.options;
  const kind = tokenizer.kind === 'char' ? 'characters' : 'words';
  const corpus = files.length === 0 ? 'the default corpus' : files.map((file) => basename(file)).join(', ');
  const held =
    valid !== null
      ? `, validation on ${basename(valid)}`
      : valSplit > 0
        ? `, ${count(event.valTokens)} for validation`
        : '';
  const input = embedding === 0 ? 'one-hot input' : `embedding ${embedding}`;
  const rows = [
    [
      'corpus',
      `${corpus}: ${count(event.trainTokens)} ${kind} to train on${held}; vocabulary ${count(event.vocabulary)}`,
    ],
    ['model', `${cell} ${layers} x ${hidden}, ${input}: ${count(event.parameters)} parameters`],
    ['memory', `${Math.ceil(event.memoryBytes / 2 ** 20)} MB`],
    ['kernel', `${event.kernel}, ${event.threads} ${event.threads === 1 ? 'thread' : 'threads'}`],
    ['run', progress.step === 0 ? folder : `${folder}, going on from step ${progress.step}`],
  ];
  return rows.map(([name, value]) => `${style.cyan(name.padEnd(8))}${printable(value)}`).join('\n');
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}

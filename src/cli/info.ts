/** `lm info`: what a run is, or what this machine can do. */

import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Command } from 'commander';
import { parameterSpecs } from '../engine/index.ts';
import { InputError } from '../errors.ts';
import { variantReports } from '../kernels/index.ts';
import { elementCount } from '../model/index.ts';
import { infoOptions, type OptionValues } from '../options/index.ts';
import { describeRun, findRun, modelConfig, readSummary } from '../run/index.ts';
import type { Tokenizer } from '../text/index.ts';
import { addExamples, addFlags } from './flags.ts';
import { bestOf, count, modelName } from './format.ts';
import { taskWords } from './tasks.ts';
import { printable, style, writeJsonLine, writeProse } from './terminal.ts';

const EXAMPLES = {
  'lm info runs/my': 'what a run is, and how its training went',
  'lm info --system': 'what this machine can do',
};

export function configure(command: Command): void {
  command.argument('[run]', "a run's folder, or a folder of runs for its newest (default: the newest in runs/)");
  addFlags(command, infoOptions);
  command.action(info);
  addExamples(command, EXAMPLES);
}

async function info(
  path: string | undefined,
  { system = false, json = false }: Partial<OptionValues<typeof infoOptions>>,
): Promise<void> {
  if (!system) return describe(path, json);
  if (path !== undefined) throw new InputError('--system is about this machine: leave out the run.');
  return describeMachine(json);
}

async function describe(path: string | undefined, json: boolean): Promise<void> {
  const { folder, config, tokenizer, targetTokenizer, labels } = describeRun(findRun(path));
  const model = modelConfig(config);
  const parameters = parameterSpecs(model).map(({ name, shape }) => ({ name, shape }));
  const parameterCount = parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const training = readSummary(folder);
  if (json) {
    const { gatelm, node, kernel, options, corpus } = config;
    const about = { run: folder, gatelm, node, kernel, task: options.task, model, options, corpus };
    const vocabularies = {
      tokenizer: tokenizer.kind,
      ...(targetTokenizer ? { targetTokenizer: targetTokenizer.kind } : {}),
      ...(labels.length > 0 || tokenizer.labels.length > 0 ? { labels: [...labels, ...tokenizer.labels] } : {}),
    };
    await writeJsonLine({ ...about, ...vocabularies, parameterCount, parameters, training });
    return;
  }
  const { files, task } = config.options;
  const { does, classes } = taskWords[task];
  const names = Math.max(...parameters.map(({ name }) => name.length));
  const named = [...labels, ...tokenizer.labels];
  await table([
    ['run', printable(folder)],
    ['task', `${task}: ${does}`],
    ['written by', printable(`gatelm ${config.gatelm}, Node ${config.node}, kernel ${config.kernel}`)],
    ['corpus', files.length === 0 ? 'the default corpus' : printable(files.join(', '))],
    ['vocabulary', vocabulary(tokenizer)],
    ...(targetTokenizer ? [['targets', vocabulary(targetTokenizer)] as [string, string]] : []),
    ...(named.length > 0 ? [[classes, labelNames(named)] as [string, string]] : []),
    ['model', modelName(config)],
    ['parameters', count(parameterCount)],
    ...parameters.map(({ name, shape }): [string, string] => ['', `${name.padEnd(names)} [${shape.join(', ')}]`]),
    [
      'trained',
      `${count(training.step)} steps, ${count(training.tokens)} tokens, ${Math.round(training.elapsedSeconds)} s`,
    ],
    ['best', training.valLoss === null ? 'no evaluation' : `${bestOf(training)} at step ${training.bestStep}`],
  ]);
}

function vocabulary({ scheme, vocabulary }: Tokenizer): string {
  return `${count(vocabulary.length)} ${scheme.units}`;
}

/** Labels that are listed. */
const MOST_LABELS = 20;

function labelNames(labels: readonly string[]): string {
  const shown = labels.slice(0, MOST_LABELS).map(printable).join(', ');
  return `${count(labels.length)}: ${shown}${labels.length > MOST_LABELS ? ', …' : ''}`;
}

async function describeMachine(json: boolean): Promise<void> {
  // The fastest one comes first.
  const reports = variantReports();
  const chosen = reports.find(({ usable }) => usable);
  const kernels = reports.map((report) => ({ ...report, chosen: report === chosen }));
  const machine = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  };
  if (json) {
    await writeJsonLine({ ...machine, kernels });
    return;
  }
  await table([
    ['node', machine.node],
    ['platform', machine.platform],
    ['processor', `${machine.processor}, ${machine.cores} cores`],
    ['memory', `${Math.round(machine.memoryBytes / 2 ** 20)} MB`],
    ...kernels.map(({ variant, usable, chosen, why }, i): [string, string] => [
      i === 0 ? 'kernels' : '',
      `${variant.padEnd(8)}${chosen ? 'chosen' : usable ? 'usable' : 'not usable'}: ${why}`,
    ]),
  ]);
}

async function table(rows: [string, string][]): Promise<void> {
  for (const [name, value] of rows) await writeProse(`${style.cyan(name.padEnd(12))}${value}`, ' '.repeat(12));
}

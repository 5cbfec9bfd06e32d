/** `lm inspect`: what a trained model prefers, how far back its gradients reach, and what its gates do. */

import type { Command } from 'commander';
import { InputError } from '../errors.ts';
import { integer } from '../options/index.ts';
import { flag } from './flags.ts';

const RUN = "a run's folder, or a folder of runs for its newest";

export function configure(command: Command): void {
  // What is none of the commands below.
  command.allowExcessArguments().action(() => {
    throw new InputError('Say what to look at: lm inspect agreement, gradients or gates; see lm inspect --help.');
  });

  command
    .command('agreement')
    .description('how often the right one of two forms is likelier after a prefix')
    .argument('[run]', `${RUN} (default: the newest in runs/)`)
    .option(
      '--pairs <file>',
      'questions, one a line: prefix, right form, wrong form, and maybe number of attractors and distance, with tabs between them (default: those of the agreement corpus)',
    )
    .option('--json', 'one JSON object')
    .action(async (run, flags) => (await import('./inspect-agreement.ts')).agreement(run, flags));

  command
    .command('gradients')
    .description('how the gradient of the loss shrinks on its way back through the states')
    .argument('<runs...>', RUN)
    .option('--at-init', 'with fresh weights of the same shapes, by the seeds of the runs')
    .addOption(flag('--length <k>', 'most steps back (default: 200)', integer(1, 10_000)))
    .option('--file <file>', 'text to take the losses from (default: what the run was validated on)')
    .option('--svg <file>', 'write the plot to an SVG file')
    .option('--json', 'one JSON object')
    .action(async (runs, flags) => (await import('./inspect-gradients.ts')).gradients(runs, flags));

  command
    .command('gates')
    .description('what the gates do: over a text, and from token to token')
    .argument('<run>', RUN)
    .argument('[text]', 'a text to show token by token (default: what the run was validated on, in numbers alone)')
    .option('--file <file>', 'take the text from a file, in numbers alone')
    .addOption(flag('--units <n>', 'units of a layer to show (default: 8)', integer(1, 10_000)))
    .option('--json', 'one JSON object')
    .action(async (run, text, flags) => (await import('./inspect-gates.ts')).gates(run, text, flags));
}

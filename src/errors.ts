/**
 * The two ways in which work fails, each with its exit status, and how their sentences name options.
 * A message is one sentence: what is wrong, where, and what to do.
 */

/** The command line or an input file is wrong (exit status 2). */
export class InputError extends Error {
  override name = 'InputError';
}

/** The work itself failed: a worker died, the disk is full, the loss is not finite (exit status 1). */
export class RunError extends Error {
  override name = 'RunError';
}

let calledByCommand = false;

/** From now on sentences name flags, as the user typed them. Called once, by the command, before anything else. */
export function nameFlags(): void {
  calledByCommand = true;
}

/** What to say to a user of the command, or to a caller of the library. */
export function byCaller(command: string, library: string): string {
  return calledByCommand ? command : library;
}

/** `learningRate` -> `--learning-rate`; the files, which have no flag, stay `files`. */
export function flagName(name: string): string {
  return name === 'files' ? name : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * An option in a sentence, with a value or without.
 *
 * @example option('batchSize', 8) // `--batch-size 8` from the command, `batchSize: 8` from the library
 */
export function option(name: string, value?: unknown): string {
  const flag = flagName(name);
  if (value === undefined) return byCaller(flag, name);
  return byCaller(value === true ? flag : `${flag} ${value}`, `${name}: ${JSON.stringify(value)}`);
}

/**
 * How a run is gone on with, and other options besides.
 *
 * @example resumeCall('runs/my', { files: 'NEWPATH' }) // `lm train --resume runs/my NEWPATH`, `train({ resume: "runs/my", files: "NEWPATH" })`
 */
export function resumeCall(folder: string, others: Readonly<Record<string, unknown>> = {}): string {
  const given = Object.entries(others);
  const flags = given.map(([name, value]) => (name === 'files' ? ` ${value}` : ` ${option(name, value)}`));
  const fields = given.map(([name, value]) => `, ${name}: ${JSON.stringify(value)}`);
  return byCaller(
    `lm train --resume ${quoted(folder)}${flags.join('')}`,
    `train({ resume: ${JSON.stringify(folder)}${fields.join('')} })`,
  );
}

/** A path as a shell reads it as one word. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

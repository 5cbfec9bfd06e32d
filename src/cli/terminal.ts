/** The only place that knows about colours, progress bars, and how wide a terminal is. */

import { Chalk, chalkStderr, supportsColor } from 'chalk';
import { bar, cut, type Medium, printable, UNSAFE, widthOf, wrapped } from '../draw/index.ts';

export { printable };

/** https://no-color.org: any non-empty value turns colours off. */
const noColor = Boolean(process.env.NO_COLOR);

/** Styles for stdout: plain text unless it is a terminal that shows colours. */
export const style = new Chalk({ level: noColor || !supportsColor ? 0 : supportsColor.level });
const errorStyle = new Chalk({ level: noColor ? 0 : chalkStderr.level });

/** Whether stdout is read by a person. */
export function isTerminal(): boolean {
  return process.stdout.isTTY;
}

/** Whether stdin is typed by a person. */
export function isTyped(): boolean {
  return process.stdin.isTTY;
}

/** Columns for running text. */
export function textWidth(): number {
  return process.stdout.columns || 80;
}

/** Columns of the terminal, or what a pipe gets. */
export function terminalWidth(): number {
  return Math.max(40, process.stdout.columns ?? 100);
}

/** What is drawn on stdout: as wide as it is, and in its colours. */
export function medium(): Medium {
  const { bold, cyan, yellow, green, magenta, red, blue, white, gray } = style;
  const colours = {
    bold,
    series: [cyan, yellow, green, magenta, red, blue, white, gray],
    background: (colour: number, text: string) => style.bgAnsi256(colour)(text),
  };
  return { columns: terminalWidth(), colours: style.level === 0 ? undefined : colours };
}

/** Takes the progress bar, if there is one, off the screen before a line is printed; its next update shows it again. */
let hideBar = () => {};

/** What happens when stdout's reader has gone (`lm sample | head`): the process ends quietly. */
let outputClosed: () => void = () => process.exit(0);

/** Does `then` instead when stdout's reader has gone. */
export function onOutputClosed(then: () => void): void {
  outputClosed = then;
}

/** Makes a failure to write to stdout end the process with a sentence, or quietly, instead of a stack. */
export function watchOutput(): void {
  // Nobody is left to be told.
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A pipe's reader has gone, or a terminal's window.
    if (error.code === 'EPIPE' || error.code === 'EIO') return outputClosed();
    showError(`Can't write to stdout: ${error.message}.`);
    process.exit(1);
  });
}

/**
 * Writes text from a model or corpus to stdout: as it is into a pipe or file, printable and in a `style` on a terminal. Resolves
 * when more may be written.
 */
export function writeText(text: string, styled: (text: string) => string = String): Promise<void> {
  return write(isTerminal() ? styled(printable(text)) : text);
}

/** Writes a line of the program's own to stdout, as it is. */
export function writeLine(text: string): Promise<void> {
  return write(`${text}\n`);
}

/** Writes lines for people to stdout; on a terminal broken between words, and what a line goes on with indented. */
export function writeProse(text: string, indent = ''): Promise<void> {
  if (!isTerminal()) return writeLine(text);
  return writeLine(
    text
      .split('\n')
      .map((line) => wrapped(line, textWidth(), indent))
      .join('\n'),
  );
}

/** Writes a line of JSON to stdout, which escapes make safe for a terminal, and the same to whoever parses it. */
export function writeJsonLine(value: unknown): Promise<void> {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return writeLine(JSON.stringify(value).replace(UNSAFE, escaped));
}

function write(text: string): Promise<void> {
  hideBar();
  // A failure is the error listener's business.
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

/** A line for people on stderr, apart from what the command is asked for. */
export function note(text: string, label = ''): void {
  hideBar();
  const line = process.stderr.isTTY ? wrapped(label + printable(text), process.stderr.columns || 80) : label + text;
  process.stderr.write(`${line}\n`);
}

const said = new Set<string>();

/** A line on stderr that explains what is written, the first time. */
export function noteOnce(text: string): void {
  if (!said.has(text)) note(text);
  said.add(text);
}

export function warn(text: string): void {
  note(text, `${errorStyle.yellow('warning:')} `);
}

export function showError(text: string): void {
  note(text, `${errorStyle.red('error:')} `);
}

/**
 * Shows a progress bar with `share` (0 to 1) of it full, and `parts` behind it. Where there is no room, the bar gives way first, and
 * then the parts at the end.
 */
export type ProgressBar = (share: number, parts: readonly string[]) => void;

const MOST_BAR = 24;
const LEAST_BAR = 6;

/** A bar with what stands behind it, in so many columns. */
export function barLine(share: number, parts: readonly string[], columns: number): string {
  const percent = `${Math.floor(100 * share)} %`;
  let kept = parts.length;
  const text = (): string => [percent, ...parts.slice(0, kept)].join('  ');
  while (kept > 0 && widthOf(text()) > columns) kept--;
  const room = Math.min(MOST_BAR, columns - widthOf(text()) - 1);
  if (room < LEAST_BAR) return cut(text(), columns);
  const full = bar(share, room);
  return `${errorStyle.cyan(full + '─'.repeat(room - full.length))} ${text()}`;
}

/** A progress bar on stderr; one that shows nothing when that is no terminal. */
export async function createProgressBar(): Promise<ProgressBar> {
  if (!process.stderr.isTTY) return () => {};
  const { default: progress } = await import('cli-progress');
  const bar = new progress.SingleBar({
    format: '{line}',
    clearOnComplete: true,
    hideCursor: true,
    gracefulExit: false,
    linewrap: false,
    stream: process.stderr,
  });
  let shown = false;
  hideBar = () => {
    if (shown) bar.stop();
    shown = false;
  };
  return (share, parts) => {
    // The last column stays free, as a terminal may go on to the next line there.
    const line = barLine(share, parts, (process.stderr.columns || 80) - 1);
    if (shown) bar.update(share * 100, { line });
    else bar.start(100, share * 100, { line });
    shown = true;
  };
}

/** Room that texts take on a terminal, in columns: East Asian characters and emoji take two, combining marks none. */

import stringWidth from 'fast-string-width';

export { stringWidth as widthOf };

export function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, stringWidth(text)), 0);
}

/** The text with spaces behind it, up to `columns` in all. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
}

/** The text, or if it takes more than `columns` what fits of it before an ellipsis. */
export function cut(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let start = '';
  for (const character of text) {
    if (stringWidth(start + character) > columns - 1) break;
    start += character;
  }
  return `${start}…`;
}

/**
 * The text in lines of at most `columns`, those after the first with `indent` before them, broken between words; a word that is wider has
 * a line of its own.
 */
export function wrapped(text: string, columns: number, indent = ''): string {
  if (stringWidth(text) <= columns) return text;
  let line = '';
  const lines: string[] = [];
  for (const [, spaces, word] of text.matchAll(/( *)([^ ]+)/g)) {
    if (line.trim() !== '' && stringWidth(line + spaces + word) > columns) {
      lines.push(line);
      line = indent + word;
    } else line += spaces + word;
  }
  return [...lines, line].join('\n');
}

/** What a terminal must not be sent, and escapes in its place. */

/**
 * What can move a terminal's cursor or change its state: control characters but newline and tab (C0, DEL, C1), and the marks that
 * change the direction of what follows.
 */
export const UNSAFE = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text from a model or corpus made safe for a terminal, by escapes. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** Letters and their cases. */

/** Each code point in lower case. One stays one: U+0130, whose lower case is two, becomes `i`. */
export function toLowerCase(text: string): string {
  let lower = '';
  for (const character of text) lower += String.fromCodePoint(character.toLowerCase().codePointAt(0)!);
  return lower;
}

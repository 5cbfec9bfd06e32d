/** A share as a bar. */

/** A bar that is `columns` wide for all of it, for a share from 0 to 1; without colour, and without spaces behind it. */
export function bar(share: number, columns: number): string {
  return '━'.repeat(Math.round(columns * share));
}

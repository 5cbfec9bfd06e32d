/** What readers guess, leave out or change, each to be said in a line. */

export interface Remark {
  about: 'mistake' | 'format' | 'left out' | 'line ends' | 'labels' | 'tokens' | 'characters' | 'sizes';
  /** A sentence, or several with semicolons between them. */
  text: string;
  /** Whether it is likely to be a mistake. */
  warning: boolean;
  /** How many files, lines, examples or tokens it is about. */
  count?: number;
}

/** Names that are listed before the others are only counted. */
const MOST_NAMES = 5;

/** `a, b, c and 12 more`. */
export function shortList(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
